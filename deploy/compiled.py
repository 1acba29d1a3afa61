"""Compiles resource types to the plain values that chalicelib/jsonapi/model/compiled.py reads."""

from dataclasses import fields
from typing import Any

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import Column, Ids, Param, Row, Sql
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.compiled import CONDITIONS, ROWS, RULES
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.write.dependants import dependants, parent_types


def compiled(resource: Resource, registry: Registry) -> dict[str, Any]:
    """What a read needs of the type, and its relationships."""
    values = Numbered()
    model = resource.model
    return {
        "type": resource.type,
        "path": resource.path,
        "select_sql": resource.select_sql,
        "table": "" if model is None else resource.table,
        "singleton": resource.singleton,
        "identifier": resource.identifier,
        "soft_delete": resource.soft_delete,
        "is_report": resource.is_report,
        "shared": resource.shared,
        "methods": sorted(resource.methods),
        "aliases": list(resource.aliases),
        "sorted_by": list(resource.order),
        "columns": resource.columns,
        "column_types": {name: resource.column_type(name) for name in resource.columns},
        "dependants": _dependants(resource, registry),
        "policy": _policy(resource.policy, values),
        "unlisted": values.number(resource.unlisted),
        "attributes": [_attribute(attribute, values) for attribute in resource.attributes.values()],
        "relations": [_relation(relation, values) for relation in registry.relations[resource.type].values()],
        "values": values.encoded,
    }


class Numbered:
    """Frozen values of one type, each encoded once."""

    def __init__(self) -> None:
        self.encoded: list[Any] = []
        self._numbers: dict[object, int] = {}

    def number(self, value: object) -> int | None:
        """The number of the value; None of None."""
        if value is None:
            return None
        key = (type(value), value)
        if key not in self._numbers:
            self._numbers[key] = len(self.encoded)
            self.encoded.append(encoded(value))
        return self._numbers[key]


def encoded(value: object) -> Any:
    """The value as JSON. Raises TypeError for one that is not data, such as a function."""
    if value is None or type(value) in {str, bool, int}:
        return value
    for name, condition in CONDITIONS.items():
        if value is condition:
            return ["condition", name]
    match value:
        case Kind():
            return ["kind", int(value)]
        case Sql():
            return ["sql", *map(encoded, value)]
        case Column(row, name):
            return _column(row, name)
        case Param(key, sql_type):
            return ["param", encoded(key), sql_type]
        case Ids(select, call):
            return ["ids", encoded(select), encoded(call)]
        case tuple():
            return ["tuple", *map(encoded, value)]
        case frozenset():
            return ["set", *map(encoded, sorted(value))]
        case Rule() if RULES.get(type(value).__name__) is type(value):
            return [type(value).__name__, *(encoded(getattr(value, field.name)) for field in fields(value))]
    raise TypeError(f"{value!r} is no data that a manifest can hold")


def _column(row: Row, column: str) -> list[str]:
    for name, known in ROWS.items():
        if row is known:
            return ["column", name, column]
    if row.roles or row.visible or row.identified or row.reached_from:
        raise TypeError(f"{row} is a row of one statement")
    return ["column of", row.alias, column]


def _policy(policy: Policy, values: Numbered) -> dict[str, Any]:
    names = [field.name for field in fields(Policy) if field.name != "materialize_ids"]
    return {
        "rules": {name: values.number(getattr(policy, name)) for name in names},
        "materialize_ids": policy.materialize_ids,
    }


def _dependants(resource: Resource, registry: Registry) -> dict[str, list[tuple[str, str, str]]]:
    """By relationship that linked rows share: (type, table, column) of what depends on the type."""
    if resource.model is None:
        return {}
    return {
        parent: [(dependant.type, dependant.table, dependant.column) for dependant in known]
        for parent in parent_types(registry)
        if (known := dependants(registry, resource.type, parent))
    }


def _attribute(attribute: Attribute, values: Numbered) -> list[Any]:
    return [
        *(attribute.name, attribute.wire, attribute.column, attribute.sql_type),
        *map(values.number, (attribute.computed, attribute.lateral, attribute.scope)),
        *(attribute.compared_as, attribute.is_hidden, attribute.live, attribute.searched),
    ]


def _relation(relation: Relation, values: Numbered) -> dict[str, Any]:
    described = {
        option.name: getattr(relation, option.name)
        for option in fields(Relation)
        if option.name not in {"owner", "scope", "where"} and getattr(relation, option.name) != option.default
    }
    numbers = {"scope": values.number(relation.scope), "where": values.number(relation.where)}
    return described | {name: number for name, number in numbers.items() if number is not None}
