"""Where a noun lies, what stands in its file, and how long files and functions may be."""

import ast
from collections.abc import Iterator, Mapping
from typing import Protocol

from devstack.source import Module

NOUNS = "chalicelib.resources"
SHARED_POLICIES = f"{NOUNS}.policies"
TYPES_OF_RULES = {"chalicelib.jsonapi.model.change", "chalicelib.jsonapi.model.context"}
LONGEST_FILE = 250
LONGEST_NOUN = 400  # table, shape, policy and rules of one noun
LONGEST_FUNCTION = 50  # a screen


class Nouns(Protocol):
    """What is asked of the house: the modules that declare a noun."""

    @property
    def nouns(self) -> Mapping[str, object]:
        """By name."""


def nothing_is_too_long(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """A function fits a screen; a file is short, and that of a noun may be longer."""
    longest = LONGEST_NOUN if types_declared(module) else LONGEST_FILE
    if module.length > longest:
        yield module.length, f"{module.length} lines: a file ends by line {longest}"
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield (
                    node.lineno,
                    f"{node.name} has {length} lines: a function fits a screen of {LONGEST_FUNCTION}",
                )


def the_type_finds_the_noun(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """The noun lightning-talk is AREA/lightning_talk.py, or AREA/lightning_talk/lightning_talk.py."""
    for line, type_ in types_declared(module):
        name = type_.replace("-", "_")
        inside = module.name.removeprefix(f"{NOUNS}.").split(".")[1:]
        if inside not in ([name], [name, name]):
            yield line, f"{type_} is declared in AREA/{name}.py or AREA/{name}/{name}.py"


def a_noun_keeps_its_files(module: Module, house: Nouns) -> Iterator[tuple[int, str]]:
    """What is named after a noun lies in the noun's folder: AREA/event/dates.py, not AREA/event_dates.py."""
    package, _, stem = module.name.rpartition(".")
    if not package.startswith(f"{NOUNS}.") or types_declared(module):
        return
    for noun in _stems_of_nouns_in(package, house):
        if stem.startswith(f"{noun}_"):
            yield (
                1,
                f"what belongs to {noun} alone lies in its folder: {noun}/{stem.removeprefix(f'{noun}_')}.py",
            )


def policies_stand_in_their_noun(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """A policy is made in the file of its noun, or among those that several nouns share."""
    if not module.name.startswith(NOUNS) or module.name == SHARED_POLICIES or types_declared(module):
        return
    for node in module.tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Policy":
            yield (
                node.lineno,
                "a policy stands in the file that declares its noun, or in resources/policies.py",
            )


def types_of_rules_need_no_quotes(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """Context and Change are imported by every reader anyway: a rule names them as any other type."""
    if not module.name.startswith(NOUNS):
        return
    for imported in module.imports:
        if imported.for_types and imported.module in TYPES_OF_RULES:
            yield imported.line, f"{imported.name} costs nothing to import: without TYPE_CHECKING and quotes"


def types_declared(module: Module) -> list[tuple[int, str]]:
    """The JSON:API types that the file of a noun declares, each with its line."""
    if not module.name.startswith(f"{NOUNS}."):
        return []
    return [
        (node.lineno, str(node.value.args[0].value))
        for node in module.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "Resource"
        and node.value.args
        and isinstance(node.value.args[0], ast.Constant)
    ]


def _stems_of_nouns_in(package: str, house: Nouns) -> set[str]:
    """The nouns directly in an area, and those with a folder in it."""
    start = f"{package}."
    return {name.removeprefix(start).partition(".")[0] for name in house.nouns if name.startswith(start)}


RULES_ABOUT_PLACES = (
    nothing_is_too_long,
    the_type_finds_the_noun,
    a_noun_keeps_its_files,
    policies_stand_in_their_noun,
    types_of_rules_need_no_quotes,
)
