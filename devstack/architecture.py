"""Architecture check: allowed imports between layers, and single points of access to environment, AWS and
commits.

Run by `make check` and by a test. Static analysis: the source is parsed, not run.
"""

import ast
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from devstack.architecture_imports import RULES_ABOUT_IMPORTS, Imports, floor
from devstack.architecture_names import RULES_ABOUT_LOOPS, RULES_ABOUT_NAMES
from devstack.architecture_places import RULES_ABOUT_PLACES
from devstack.architecture_words import RULES_ABOUT_WORDS
from devstack.source import Module, read_modules, read_tools

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
# Top-level module -> the only file that may import it.
ONLY_IMPORTED_IN = {
    "boto3": "chalicelib.aws",
    "botocore": "chalicelib.aws",
    "aws_xray_sdk": "chalicelib.telemetry",
}
WAKERS = {
    *("route", "schedule", "lambda_function", "authorizer", "middleware", "on_sqs_message", "on_sns_message"),
    *("on_s3_event", "on_cw_event", "on_kinesis_record", "on_dynamodb_record", "on_ws_message"),
}
# Calls that connect, read a secret or read the environment.
CONNECTING = {
    *("settings", "settings.settings", "create_engine", "urlopen", "boto3.client", "boto3.resource"),
    *("db.engine", "db.transaction", "db.fetch", "db.database_url", "engine", "transaction", "tokens.keys"),
    *("aws.s3", "aws.sqs", "aws.ses", "aws.ssm", "aws.parameter"),
}


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One violation, with its place."""

    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


@dataclass(frozen=True)
class House(Imports):
    """All modules of one copy of the project."""

    @cached_property
    def nouns(self) -> dict[str, set[str]]:
        """For every module that declares a Resource: the names of its schemas and policies."""
        return {
            module.name: names
            for module in self.modules
            if floor(module.name) == "nouns" and (names := _own_names_of_noun(module))
        }


Rule = Callable[[Module, House], Iterator[tuple[int, str]]]


def violations(root: Path, only: Path | None = None) -> list[Violation]:
    """All violations in the project at `root`, by file and line; or those in the file `only`."""
    with _no_garbage():
        return _violations(root, only)


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Parsed files stay: looking for garbage among them takes as long as all the rest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _violations(root: Path, only: Path | None) -> list[Violation]:
    house = House(read_modules(root))
    checked = [(module, RULES) for module in house.modules if only in (None, module.path)]
    checked += [(module, RULES_ABOUT_LOOPS) for module in read_tools(root) if only in (None, module.path)]
    return sorted(
        Violation(str(module.path.relative_to(root)), line, text)
        for module, rules in checked
        for rule in rules
        for line, text in rule(module, house)
    )


def every_module_has_a_place(module: Module, house: House) -> Iterator[tuple[int, str]]:
    """A new top-level module must be assigned to a layer, by name."""
    if module.is_product and floor(module.name) is None:
        yield 1, f"{module.name} is on no floor: name its floor in devstack/architecture_imports.py"
    if module.path.stem in VAGUE_NAMES:
        yield 1, f"the name {module.path.name} says nothing about what is in it"
    if not ast.get_docstring(module.tree):
        yield 1, "a module opens with a sentence that says what it is for"


def nouns_keep_their_schemas(module: Module, house: House) -> Iterator[tuple[int, str]]:
    """A noun may import another noun's model; never its schema, policy or Resource."""
    if floor(module.name) != "nouns":
        return
    aliases: dict[str, str] = {}
    for imported in module.imports:
        target = imported.target(house.names)
        if target == module.name or target not in house.nouns:
            continue
        if imported.name in house.nouns[target]:
            yield (
                imported.line,
                f"{imported.name} belongs to {target} alone: another noun may import its model",
            )
        aliases[imported.alias] = target
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            target = aliases.get(node.value.id, "")
            if node.attr in house.nouns.get(target, ()):
                yield node.lineno, f"{node.attr} belongs to {target} alone: another noun may use its model"


def one_module_for_each_danger(module: Module, house: House) -> Iterator[tuple[int, str]]:
    """The environment, AWS and X-Ray are each accessed in one file only."""
    if not module.is_product:
        return
    for imported in module.imports:
        owner = ONLY_IMPORTED_IN.get(imported.top)
        if owner and module.name != owner:
            yield imported.line, f"{imported.top} is imported in {owner} only"
        if (
            module.name != "chalicelib.settings"
            and imported.module == "os"
            and imported.name in {"environ", "getenv"}
        ):
            yield imported.line, "the environment is read in chalicelib.settings only"
    if module.name == "chalicelib.settings":
        return
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and _dotted(node) in {"os.environ", "os.getenv", "os.environb"}:
            yield node.lineno, "the environment is read in chalicelib.settings only"


def one_place_commits(module: Module, house: House) -> Iterator[tuple[int, str]]:
    """Only db.py and db_statements.py commit and roll back."""
    if not module.is_product or module.name in {"chalicelib.db", "chalicelib.db_statements"}:
        return
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield node.lineno, "only chalicelib.db commits: use db.transaction()"


def only_the_app_is_woken(module: Module, house: House) -> Iterator[tuple[int, str]]:
    """Event sources must be declared in app.py: others would run in Lambda without it."""
    if not module.is_product or module.name == "app":
        return
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(called, ast.Attribute) and called.attr in WAKERS:
                    yield decorator.lineno, f"@{_dotted(called)}: every event source is declared in app.py"


def importing_connects_to_nothing(module: Module, house: House) -> Iterator[tuple[int, str]]:
    """Importing must not connect or read secrets: packaging imports the code."""
    if not module.is_product:
        return
    for node in module.run_at_import():
        if isinstance(node, ast.Call) and _dotted(node.func) in CONNECTING:
            yield node.lineno, f"{_dotted(node.func)}() at import: nothing connects or reads a secret there"


RULES: tuple[Rule, ...] = (
    every_module_has_a_place,
    *RULES_ABOUT_IMPORTS,
    nouns_keep_their_schemas,
    one_module_for_each_danger,
    one_place_commits,
    only_the_app_is_woken,
    importing_connects_to_nothing,
    *RULES_ABOUT_PLACES,
    *RULES_ABOUT_WORDS,
    *RULES_ABOUT_NAMES,
)


def _own_names_of_noun(module: Module) -> set[str]:
    classes = {node.name for node in module.tree.body if isinstance(node, ast.ClassDef)}
    made: dict[str, set[str]] = {"Resource": set(), "Policy": set()}
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            maker = _dotted(node.value.func).rpartition(".")[2]
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            made.get(maker, set()).update(target.id for target in targets if isinstance(target, ast.Name))
    schemas = {name for name in classes if name.endswith("Schema")}
    return schemas | made["Policy"] | made["Resource"] if made["Resource"] else set()


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def main() -> int:
    """Print what is wrong; the exit code says whether anything is."""
    for violation in (found := violations(Path.cwd())):
        print(violation, file=sys.stderr)
    print(f"architecture: {len(found)} violations" if found else "architecture: the rules hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
