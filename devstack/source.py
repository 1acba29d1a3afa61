"""Parsed source files and their imports, for static analysis."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

# Packages that the system never imports.
TOOLS = ("benchmarks", "deploy", "layers", "tests")
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=2048)
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@lru_cache(maxsize=2048)
def _nodes(text: str) -> tuple[ast.AST, ...]:
    """Like ast.walk, in half the time."""
    nodes: list[ast.AST] = [_parsed(text)]
    for node in nodes:  # which grows meanwhile
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                nodes.append(value)
            elif isinstance(value, list):
                nodes += [item for item in value if isinstance(item, ast.AST)]
    return tuple(nodes)


@lru_cache(maxsize=2048)
def _run_at_import(text: str) -> tuple[ast.AST, ...]:
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [_parsed(text)]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, _FUNCTIONS):
            waiting += [*node.decorator_list, *node.args.defaults]
            waiting += [default for default in node.args.kw_defaults if default]
        elif not isinstance(node, ast.Lambda) and not _is_main_guard(node):
            waiting += ast.iter_child_nodes(node)
    return tuple(found)


@lru_cache(maxsize=2048)
def _at_import(text: str) -> frozenset[ast.AST]:
    return frozenset(_run_at_import(text))


@lru_cache(maxsize=2048)
def _for_types(text: str) -> frozenset[ast.AST]:
    if "TYPE_CHECKING" not in text:
        return frozenset()
    guards = (
        node
        for node in _nodes(text)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    )
    return frozenset(inner for guard in guards for statement in guard.body for inner in ast.walk(statement))


@dataclass(frozen=True, slots=True)
class Import:
    """One import: `from module import name as alias`, or `import module` without a name.

    `at_once` says that it happens while the file itself is imported: neither in a function nor for types;
    `for_types` that it is for the type checker alone.
    """

    module: str
    name: str
    alias: str
    line: int
    at_once: bool
    for_types: bool

    @property
    def top(self) -> str:
        """The first part of the module's name."""
        return self.module.partition(".")[0]

    def target(self, modules: Collection[str]) -> str:
        """The module imported: for `from package import module`, that module."""
        whole = f"{self.module}.{self.name}"
        return whole if whole in modules else self.module


@dataclass(frozen=True)
class Module:
    """One file. `name` is dotted, e.g. "chalicelib.resources.events.faq"."""

    path: Path
    name: str
    text: str

    @property
    def is_product(self) -> bool:
        """Whether it is part of the package for Lambda."""
        return self.name == "app" or self.name.partition(".")[0] == "chalicelib"

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return _parsed(self.text)

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the parsed file."""
        return _nodes(self.text)

    @property
    def blocks_of_functions(self) -> Iterator[list[ast.stmt]]:
        """Every list of statements in a function that is not run on import."""
        at_import = _at_import(self.text)
        for node in self.nodes:
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list) and block and block[0] not in at_import:
                    yield block

    @property
    def length(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @cached_property
    def imports(self) -> Sequence[Import]:
        """Every import in the file."""
        return _imports(self.text, self.name, self.path.name == "__init__.py")

    def run_at_import(self) -> Iterator[ast.AST]:
        """Every node executed on import: not the bodies of functions."""
        yield from _run_at_import(self.text)


@lru_cache(maxsize=2048)
def _imports(text: str, name: str, is_package: bool) -> tuple[Import, ...]:
    for_types, at_import = _for_types(text), _at_import(text)
    found: list[Import] = []
    for node in _nodes(text):
        if isinstance(node, ast.Import | ast.ImportFrom):
            line, types = node.lineno, node in for_types
            at_once = node in at_import and not types
            whence = _absolute(node, name, is_package) if isinstance(node, ast.ImportFrom) else None
            for alias in node.names:
                module, given = (alias.name, "") if whence is None else (whence, alias.name)
                found.append(Import(module, given, alias.asname or alias.name, line, at_once, types))
    return tuple(found)


def _absolute(node: ast.ImportFrom, name: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = name.split(".")
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def read_modules(root: Path) -> list[Module]:
    """app.py and everything under chalicelib and devstack."""
    return _read(root, [root / "app.py", *_files(root, "chalicelib"), *_files(root, "devstack")])


def read_tools(root: Path) -> list[Module]:
    """Everything under TOOLS."""
    return _read(root, [path for name in TOOLS for path in _files(root, name)])


def _files(root: Path, package: str) -> list[Path]:
    return sorted((root / package).rglob("*.py"))


def _read(root: Path, paths: list[Path]) -> list[Module]:
    return [
        Module(path, _dotted_name(path.relative_to(root)), path.read_text(encoding="utf-8"))
        for path in paths
        if path.exists()
    ]


def _dotted_name(relative: Path) -> str:
    parts = list(relative.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
