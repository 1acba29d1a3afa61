"""Naming rules: identifiers that docs/glossary.md refuses, and loop variables that say nothing.

The table of refused names is read from the glossary itself, so that the check and the page are one list.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Final

from devstack.source import TOOLS, Module

GLOSSARY: Final = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"
# Loop variables that name no thing, in the packages where there are none left.
SAYS_NOTHING: Final = {"one", "found", "told", "wanted", "asked"}
CLEAN: Final = ("chalicelib", "devstack", *TOOLS)
_LOOPS: Final = (ast.For, ast.AsyncFor, ast.comprehension)  # a union would be made for every node
_HEADING: Final = "| refused | say | except |"
_NAME: Final = re.compile(r"`([\w*]+)`")


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused name, or a pattern of names; `say` is the name to use instead."""

    pattern: str
    say: str
    but: frozenset[str]

    def matches(self, name: str) -> bool:
        """Whether this name is refused. A pattern is compared in lower case, a name as it is."""
        if "*" not in self.pattern:
            return name.lstrip("_") == self.pattern
        return name not in self.but and fnmatchcase(name.lower().lstrip("_"), self.pattern)


@lru_cache(maxsize=1)
def refused_names() -> tuple[Refused, ...]:
    """The table of the glossary. Raises ValueError if a line of it names nothing."""
    _, _, table = GLOSSARY.read_text(encoding="utf-8").partition(_HEADING)
    rows = table.strip().partition("\n\n")[0].splitlines()[1:]
    refused: list[Refused] = []
    for row in rows:
        names, say, but = (cell.strip() for cell in row.strip("|").split("|"))
        if not _NAME.findall(names):
            raise ValueError(f"{GLOSSARY.name} refuses no name in the line: {row}")
        exceptions = frozenset(_NAME.findall(but))
        refused += [Refused(pattern, say, exceptions) for pattern in _NAME.findall(names)]
    return tuple(refused)


def names_are_those_of_the_glossary(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """A module, class, function, parameter, variable or attribute with a refused name."""
    named = [(1, part) for part in module.name.split(".")]
    for line, name in (*named, *_declared(module)):
        say = _instead_of(name)
        if say is not None:
            yield line, f"the name {name} is refused by docs/glossary.md: say {say}"


def loop_variables_say_what_they_are(module: Module, _house: object) -> Iterator[tuple[int, str]]:
    """A loop, comprehension or lambda over `one` and the like, in a package where no other is."""
    if not f"{module.name}.".startswith(tuple(f"{package}." for package in CLEAN)):
        return
    for node in module.nodes:
        named: list[tuple[int, str]] = []
        if isinstance(node, _LOOPS):
            targets = (target for target in ast.walk(node.target) if isinstance(target, ast.Name))
            named = [(target.lineno, target.id) for target in targets]
        elif not isinstance(node, ast.Lambda):
            continue
        else:
            named = [(argument.lineno, argument.arg) for argument in node.args.args]
        yield from (
            (line, f"the loop variable {name} does not say what it is")
            for line, name in named
            if name in SAYS_NOTHING
        )


@lru_cache(maxsize=8192)
def _instead_of(name: str) -> str | None:
    return next((refused.say for refused in refused_names() if refused.matches(name)), None)


def _declared(module: Module) -> Iterator[tuple[int, str]]:
    """(line, name) of whatever this file gives a name."""
    for node in module.nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.ImportFrom() | ast.Import():
                yield from ((node.lineno, alias.asname) for alias in node.names if alias.asname)


RULES_ABOUT_LOOPS = (loop_variables_say_what_they_are,)
RULES_ABOUT_NAMES = (names_are_those_of_the_glossary, *RULES_ABOUT_LOOPS)
