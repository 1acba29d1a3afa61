"""Members of resource objects as text: attributes in SQL and relationship links, grouped by read rule.

All of it follows from the declarations, so it is cached: a new statement only decides which groups it shows.
"""

from collections.abc import Mapping, Set
from functools import lru_cache

from chalicelib.jsonapi.ground.flat_sql import condensed
from chalicelib.jsonapi.ground.sql import Part, Row, Sql, sql
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.proofs import MARK

# Names of a sparse fieldset; None: all.
Fieldset = tuple[str, ...] | None
# Numbers of attributes or relationships (their places in the declarations), by the rule for reading them.
ByRule = tuple[tuple[Rule | None, tuple[int, ...]], ...]


@lru_cache(maxsize=512)
def attributes_by_rule(resource: Resource, chosen: Fieldset) -> ByRule:
    """The readable attributes."""
    return _by_rule(resource.readable, chosen, frozenset())


@lru_cache(maxsize=512)
def attributes_of(resource: Resource, alias: str, numbers: tuple[int, ...]) -> Sql:
    """The attributes with these numbers, of the row with this alias, as the text of a JSON object."""
    attributes, row = tuple(resource.readable.values()), Row(alias)
    chosen = [attributes[number] for number in numbers]
    selects = dict.fromkeys(attribute.lateral for attribute in chosen if attribute.lateral is not None)
    shared: dict[Sql | None, Row] = {select: Row(f"s{number}") for number, select in enumerate(selects)}
    parts: list[Part | Sql] = []
    for attribute in chosen:
        lateral = shared.get(attribute.lateral, row)
        value = (
            row[attribute.column] if attribute.computed is None else attribute.sql_from_lateral(row, lateral)
        )
        opening = ", " if parts else "(SELECT row_to_json(a)::text FROM (SELECT "
        parts += (opening, value, f' AS "{attribute.wire}"')
    for number, select in enumerate(selects):
        parts += (", (" if number else " FROM (", select.about(row), f") {shared[select]}")
    return condensed(sql(*parts, ") a)"))


@lru_cache(maxsize=512)
def links_by_rule(registry: Registry, resource: Resource, chosen: Fieldset, linked: frozenset[str]) -> ByRule:
    """The relationships without linkage; `linked` are those with it."""
    return _by_rule(registry.relations[resource.type], chosen, linked)


@lru_cache(maxsize=512)
def links_of(registry: Registry, resource: Resource, prefix: str, numbers: tuple[int, ...]) -> str:
    """The members, with links alone, for the relationships with these numbers.

    `prefix` stands before /v1 in links.
    """
    relations = tuple(registry.relations[resource.type].values())
    return ",".join(links(prefix, resource, relations[number]) + "}" for number in numbers)


def links(prefix: str, resource: Resource, relation: Relation) -> str:
    """The beginning of the member for a relationship: its name and its links."""
    here, wire = f"{prefix}/v1/{resource.path}/{{id}}", relation.wire
    return (
        f'"{wire}":{{"links":{{"self":"{here}/relationships/{wire}{MARK}","related":"{here}/{wire}{MARK}"}}'
    )


def _by_rule(members: Mapping[str, Attribute | Relation], chosen: Fieldset, without: Set[str]) -> ByRule:
    groups: dict[Rule | None, list[int]] = {}
    for number, (name, member) in enumerate(members.items()):
        if name not in without and (chosen is None or name in chosen):
            groups.setdefault(member.scope, []).append(number)
    return tuple((rule, tuple(numbers)) for rule, numbers in groups.items())
