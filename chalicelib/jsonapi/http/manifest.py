"""Manifest of resource types and actions, for lazy imports on a cold start.

Importing all of them takes longer than answering a request about one. The manifest is written when the system
is packaged (deploy/manifest.py); without one, as in a checkout, everything is imported at once.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.ground.sql import LINK, Param, Part, Sql, sql
from chalicelib.jsonapi.http.action import Action
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import HasRole, Rule
from chalicelib.limits import declared

FILE = Path(__file__).parents[2] / "manifest.json"
Manifest = Mapping[str, Any]


def read() -> Manifest | None:
    """The manifest, or None where there is none."""
    if not FILE.exists():
        return None
    contents: Manifest = json.loads(FILE.read_text())
    return contents


class LazyRegistry(Registry):
    """Registry backed by the manifest. A resource type is imported on first access."""

    def __init__(
        self, contents: Manifest, *, roles_at: str = "", proofs: frozenset[str] = frozenset()
    ) -> None:
        super().__init__((), roles_at=roles_at, proofs=proofs)
        self._listed: dict[str, tuple[str, str]] = contents["nouns"]
        self._paths: dict[str, str] = contents["paths"]
        self._relations = contents["relations"]

    def __iter__(self) -> Iterator[Resource]:
        return (self[name] for name in self._listed)

    def __getitem__(self, resource_type: str) -> Resource:
        resource = self._by_type.get(resource_type)
        if resource is None:
            module, variable = self._listed[resource_type]
            resource = self._by_type[resource_type] = getattr(import_module(module), variable)
        return resource

    def __contains__(self, resource_type: str) -> bool:
        return resource_type in self._listed

    def _noun_at(self, path: str) -> Resource | None:
        resource_type = self._paths.get(path)
        return None if resource_type is None else self[resource_type]

    @cached_property
    def relations(self) -> Mapping[str, Mapping[str, Relation]]:
        """As for every registry, but the relationships of a type are built on first access."""
        return _LazyRelations(self, self._relations)


class _LazyRelations(dict[str, Mapping[str, Relation]]):
    def __init__(self, registry: LazyRegistry, listed: Mapping[str, list[dict[str, Any]]]) -> None:
        super().__init__()
        self._registry = registry
        self._listed = listed

    def __missing__(self, resource_type: str) -> Mapping[str, Relation]:
        relations = {
            entry["name"]: Relation(
                **{
                    **entry,
                    "paths": tuple(entry.get("paths", ())),
                    "prefetch": tuple(entry.get("prefetch", ())),
                }
                | {
                    "owner": resource_type,
                    "scope": self._rule(entry.get("scope")),
                    "where": _where(entry.get("where")),
                }
            )
            for entry in self._listed[resource_type]
        }
        self[resource_type] = relations
        return relations

    def _rule(self, reference: dict[str, Any] | None) -> Rule | None:
        if reference is None:
            return None
        if "roles" in reference:
            return HasRole(frozenset(reference["roles"]), reference["at"])
        if "module" in reference:
            rule: Rule = getattr(import_module(reference["module"]), reference["variable"])
            return rule
        declared = self._registry[reference["type"]].declared[reference["relation"]]
        return declared.inverse_scope if reference["inverse"] else declared.scope

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def items(self) -> Any:
        """All of them."""
        return [(name, self[name]) for name in self._listed]

    def values(self) -> Any:
        """All of them."""
        return [self[name] for name in self._listed]


def _where(parts: list[Any] | None) -> Sql | None:
    """A condition on association rows, as deploy/manifest.py writes it."""
    return sql(*map(_part, parts)) if parts is not None else None


def _part(part: Any) -> Part:
    if isinstance(part, str):
        return part
    return LINK[part["column"]] if "column" in part else Param(part["parameter"], part["sql_type"])


def actions_in(contents: Manifest, before: Callable[[str], None]) -> Iterator[Action]:
    """The actions in the manifest. When one is run, `before` is called with its module."""
    for method, pattern, module, function, limits, options in contents["actions"]:

        def run(context: Any, module: str = module, function: str = function, **parameters: str) -> Answer:
            before(module)
            answer: Answer = getattr(import_module(module), function)(context, **parameters)
            return answer

        limited_by = tuple(getattr(declared, limit) for limit in limits)
        options.update((name, tuple(options.get(name, ()))) for name in ("families", "query"))
        yield Action(method, tuple(pattern), run, limited_by=limited_by, **options)
