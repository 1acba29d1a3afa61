"""Writes the manifest of resource types and actions, which spares cold starts most imports."""

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from chalicelib import entrypoints
from chalicelib.jsonapi.ground.sql import LINK, Column, Param, Part
from chalicelib.jsonapi.http import manifest
from chalicelib.jsonapi.http.action import ACTIONS, Action
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import HasRole, Rule
from chalicelib.limits import declared
from chalicelib.limits.limit import Limit
from chalicelib.resources import REGISTRY

_CHEAP = (
    "chalicelib.jsonapi.model.policy",
    "chalicelib.resources.policies",
)  # cheap modules with shared rules, which may be imported


def write(root: Path) -> Path:
    """Write the manifest into the copy of the product at `root`; returns the file."""
    target = root / manifest.FILE.relative_to(Path(manifest.__file__).parents[3])
    target.write_text(json.dumps(table(), separators=(",", ":")))
    return target


def table() -> dict[str, Any]:
    """The manifest of the product in this process."""
    entrypoints.import_all()
    return {
        "nouns": {resource.type: _place(resource) for resource in REGISTRY},
        "paths": {
            path: resource.type for resource in REGISTRY for path in (resource.path, *resource.aliases)
        },
        "relations": {
            resource.type: [_relation(relation) for relation in REGISTRY.relations[resource.type].values()]
            for resource in REGISTRY
        },
        "actions": [
            [
                *(action.method, action.pattern, action.run.__module__, action.run.__name__),
                *(_limits(action), _options(action)),
            ]
            for listed in ACTIONS.values()
            for action in listed
        ],
    }


def _options(action: Action) -> dict[str, Any]:
    """The fields of an action that are plain values, and not their default: one added later too."""
    declared_apart = {"method", "pattern", "run", "limited_by"}
    values = {
        field.name: (getattr(action, field.name), field.default)
        for field in fields(Action)
        if field.init and field.name not in declared_apart
    }
    return {name: value for name, (value, default) in values.items() if value != default}


def _limits(action: Action) -> list[str]:
    """The variable names of an action's rate limits."""
    limits = [limit for limit in action.limited_by if isinstance(limit, Limit)]
    names = {id(value): name for name, value in vars(declared).items() if isinstance(value, Limit)}
    return [names[id(limit)] for limit in limits]


def _place(resource: Resource) -> tuple[str, str]:
    """(module, variable) that declares the type."""
    module = resource.schema_class.__module__
    places = [name for name, value in vars(sys.modules[module]).items() if value is resource]
    if not places:
        raise LookupError(f"{resource.type} is not declared beside its schema in {module}")
    return module, places[0]


def _relation(relation: Relation) -> dict[str, Any]:
    described = {
        option.name: getattr(relation, option.name)
        for option in fields(Relation)
        if option.name not in {"owner", "scope", "where"} and getattr(relation, option.name) != option.default
    }
    if relation.where is not None:
        described["where"] = [_part(part) for part in relation.where.parts()]
    if relation.scope is not None:
        described["scope"] = _reference(relation)
    return described


def _part(part: Part) -> Any:
    """A part of a condition on association rows: its text, {"column"} of the row, or a parameter."""
    match part:
        case str():
            return part
        case Column(row, name) if row is LINK:
            return {"column": name}
        case Param(str() as key, sql_type):
            return {"parameter": key, "sql_type": sql_type}
    raise LookupError(f"{part!r} is no part of a condition on association rows")


def _reference(relation: Relation) -> dict[str, Any]:
    """How to find the rule for seeing a relationship."""
    rule = relation.scope
    assert rule is not None
    if isinstance(rule, HasRole):
        return {"roles": sorted(rule.roles), "at": rule.path}
    for module in _CHEAP:
        for name, value in vars(sys.modules[module]).items():
            if value == rule:
                return {"module": module, "variable": name}
    return _declared(relation, rule)


def _declared(relation: Relation, rule: Rule) -> dict[str, Any]:
    own = REGISTRY[relation.owner].declared.get(relation.name)
    if own is not None and own.scope == rule:
        return {"type": relation.owner, "relation": relation.name, "inverse": False}
    name = relation.inverse or ""
    if REGISTRY[relation.target].declared[name].inverse_scope != rule:
        raise LookupError(f"nobody declares who sees {relation.owner}.{relation.name}")
    return {"type": relation.target, "relation": name, "inverse": True}


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
