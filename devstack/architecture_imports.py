"""Import rules: the product's layers, the engine's layers, and no import cycles.

A circle is looked for between files. Everywhere, what counts is what is imported while a file is imported.
Among nouns what is only for types counts as well, and within the engine what stands in a function too. That a
file in a package makes Python import the package's own file does not count.
"""

import ast
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from devstack.source import Import, Module

FLOORS = ("ground", "machinery", "nouns", "verbs", "entrypoints", "app")
# Longest prefix wins.
MACHINERY = (
    *(
        "jsonapi",
        "auth",
        "uploads",
        "upload_urls",
        "signals",
        "outbox",
        "outbox_arguments",
        "outbox_progress",
        "doubt",
        "reader_tables",
        "restoration",
        "retention",
        "bucket_versions",
        "badges",
        "pdf",
        "papers",
        "paper_store",
        "private_files",
        "calendar_file",
        "daily",
        "scheduled",
        "health",
        "mail",
        "memorable",
        "migrate",
        "scheduling",
        "snapstart",
        "rehearsal",
        "task_results",
        "web_push",
    ),
    *("ddl", "limits"),
)
GROUND = (
    *("settings", "rates", "http_client", "db", "db_model", "db_engine", "db_errors", "db_roles"),
    *("db_connection", "db_reader", "db_statements"),
    *("driver", "driver_answers", "driver_cursor", "driver_messages", "revision"),
    *("aws", "clock", "log", "telemetry", "telemetry_audit", "telemetry_xray", "values", "registered"),
    "half_imported",
)
PLACES = {
    "app": "app",
    "chalicelib": "ground",  # the package itself, not new modules in it
    "chalicelib.entrypoints": "entrypoints",
    "chalicelib.registration": "entrypoints",
    "chalicelib.cli": "entrypoints",
    "chalicelib.gateway_event": "entrypoints",
    **dict.fromkeys(
        [
            f"chalicelib.{name}"
            for name in (
                "actions",
                "archive",
                "exports",
                "feeds",
                "imports",
                "moving_in",
                "scheduled_jobs",
                "tasks",
                "docs",
                "door_page",
            )
        ],
        "verbs",
    ),
    "chalicelib.resources": "nouns",
    **dict.fromkeys((f"chalicelib.{name}" for name in MACHINERY), "machinery"),
    **dict.fromkeys((f"chalicelib.{name}" for name in GROUND), "ground"),
}
ENGINE = "chalicelib.jsonapi"
NOUNS = "chalicelib.resources"
FLOORS_OF_THE_ENGINE = ("ground", "model", "rights", "query", "read", "write", "http")
# Ends an import in a function: the time that it spares, or who alone needs it.
LAZY = re.compile(r"# lazy: \w.*$")
Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Imports:
    """All modules and their imports."""

    modules: list[Module]

    @cached_property
    def names(self) -> set[str]:
        """The dotted name of every module."""
        return {module.name for module in self.modules}

    @cached_property
    def at_once(self) -> Graph:
        """Imports on import, of every module of the product that is part of, or between, cycles."""
        return self._circling("chalicelib", lambda imported: imported.at_once)

    @cached_property
    def of_the_engine(self) -> Graph:
        """The same for the engine, with imports in functions and for types."""
        return self._circling(ENGINE, lambda _: True)

    @cached_property
    def of_the_nouns(self) -> Graph:
        """The same for nouns, with what is imported for types."""
        return self._circling(NOUNS, _not_in_a_function)

    def _circling(self, package: str, counts: Callable[[Import], bool]) -> Graph:
        graph = {
            module.name: {edge.target(self.names) for edge in module.imports if counts(edge)}
            for module in self.modules
            if _within(module.name, package)
        }
        left = set(graph)
        while True:
            # A module without imports or importers among the rest is in no cycle.
            imported = set().union(*(graph[name] for name in left)) if left else set()
            kept = {name for name in left & imported if graph[name] & left}
            if kept == left:
                return {name: frozenset(graph[name] & left) for name in left}
            left = kept


def floor(name: str) -> str | None:
    """The layer ("floor") of a module, e.g. "nouns" for chalicelib.resources.events.faq."""
    prefix = name
    while prefix:
        if prefix in PLACES and (prefix != "chalicelib" or name == prefix):
            return PLACES[prefix]
        prefix = prefix.rpartition(".")[0]
    return None


def imports_only_go_down(module: Module, house: Imports) -> Iterator[tuple[int, str]]:
    """Door, verbs, nouns, machinery, ground: an import never leads to a higher layer."""
    ours = floor(module.name)
    if not ours:
        return
    for imported in module.imports:
        if imported.top in {"devstack", "tests", "migrations", "benchmarks"}:
            yield imported.line, f"{imported.top} is not part of the product and is not packaged"
        if imported.top == "app":
            yield imported.line, "nothing imports app.py"
            continue
        theirs = floor(imported.target(house.names))
        if theirs and FLOORS.index(theirs) > FLOORS.index(ours):
            yield imported.line, f"imports only go down: {ours} ({module.name}) may not import {theirs}"


def the_engine_imports_only_down(module: Module, house: Imports) -> Iterator[tuple[int, str]]:
    """http, write, read, query, rights, model, ground: as the product's layers, for types too."""
    if not _within(module.name, ENGINE) or module.name == ENGINE:
        return
    ours = _floor_of_the_engine(module.name)
    if ours not in FLOORS_OF_THE_ENGINE:
        yield 1, f"{module.name} is on no floor of the engine: put it into one of its packages"
        return
    for imported in module.imports:
        if imported.target(house.names) == "chalicelib.settings":
            yield imported.line, "the engine reads no settings: a request comes with its options"
        theirs = _floor_of_the_engine(imported.target(house.names))
        if theirs in FLOORS_OF_THE_ENGINE[FLOORS_OF_THE_ENGINE.index(ours) + 1 :]:
            yield imported.line, f"the engine's imports only go down: {ours} may not import {theirs}"


def no_circles(module: Module, house: Imports) -> Iterator[tuple[int, str]]:
    """No import cycles."""
    for imported in module.imports:
        target = imported.target(house.names)
        for graph, counts in (
            (house.of_the_engine, True),
            (house.of_the_nouns, _not_in_a_function(imported)),
            (house.at_once, imported.at_once),
        ):
            if counts and target in graph.get(module.name, ()) and (way := _way(graph, target, module.name)):
                yield imported.line, f"a circle of imports: {' → '.join([module.name, *way])}"
                break


def lazy_imports_say_what_they_spare(module: Module, house: Imports) -> Iterator[tuple[int, str]]:
    """An import in a function ends with "# lazy: " and a reason, as does the first of several in a row."""
    if not module.is_product:
        return
    lines = module.text.splitlines()
    for block in module.blocks_of_functions:
        explained = False
        for statement in block:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                explained = False
                continue
            explained = explained or LAZY.search(lines[(statement.end_lineno or 1) - 1]) is not None
            if not explained:
                yield (
                    statement.lineno,
                    "an import stands at the top, or spares cold starts time and says so: # lazy: 75 ms, ...",
                )


def _not_in_a_function(found: Import) -> bool:
    return found.at_once or found.for_types


def _way(graph: Graph, start: str, end: str) -> list[str]:
    """The shortest way from one module to another along their imports; empty when there is none."""
    ways = deque([[start]])
    seen = {start}
    while ways:
        way = ways.popleft()
        if way[-1] == end:
            return way
        for name in sorted(graph[way[-1]] - seen):
            seen.add(name)
            ways.append([*way, name])
    return []


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _floor_of_the_engine(name: str) -> str:
    return name.removeprefix(f"{ENGINE}.").partition(".")[0] if name.startswith(f"{ENGINE}.") else ""


RULES_ABOUT_IMPORTS = (
    imports_only_go_down,
    the_engine_imports_only_down,
    no_circles,
    lazy_imports_say_what_they_spare,
)
