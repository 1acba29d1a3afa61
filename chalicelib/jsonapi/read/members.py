"""Members of resource objects as text: attributes in SQL and relationship links, grouped by read rule.

All of it follows from the declarations, so it is cached: a new statement only decides which groups it shows.
"""

from functools import lru_cache

from chalicelib.jsonapi.ground.sql import Row, joined, sql, text_of
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.proofs import MARK

# Names of a sparse fieldset; None: all.
Fieldset = tuple[str, ...] | None


@lru_cache(maxsize=512)
def attributes_by_rule(
    resource: Resource, chosen: Fieldset
) -> tuple[tuple[Rule | None, tuple[int, ...]], ...]:
    """The readable attributes as numbers (their places in the schema), by the rule for reading them."""
    groups: dict[Rule | None, list[int]] = {}
    for number, (name, attribute) in enumerate(resource.readable.items()):
        if chosen is None or name in chosen:
            groups.setdefault(attribute.scope, []).append(number)
    return tuple((rule, tuple(numbers)) for rule, numbers in groups.items())


@lru_cache(maxsize=512)
def object_of(resource: Resource, alias: str, numbers: tuple[int, ...]) -> str:
    """SQL: the attributes with these numbers, of the row with this alias, as the text of a JSON object."""
    attributes, row = tuple(resource.readable.values()), Row(alias)
    chosen = [attributes[number] for number in numbers]
    selects = dict.fromkeys(attribute.lateral for attribute in chosen if attribute.lateral is not None)
    shared = {select: Row(f"s{number}") for number, select in enumerate(selects)}
    labeled = (
        sql(
            attribute.sql_from_lateral(row, shared[attribute.lateral] if attribute.lateral else row),
            f' AS "{attribute.wire}"',
        )
        for attribute in chosen
    )
    beside = joined(", ", (sql("(", select.about(row), f") {name}") for select, name in shared.items()))
    source = sql(" FROM ", beside) if shared else sql()
    return text_of(sql("(SELECT row_to_json(a)::text FROM (SELECT ", joined(", ", labeled), source, ") a)"))


@lru_cache(maxsize=512)
def links_by_rule(
    registry: Registry, resource: Resource, prefix: str, chosen: Fieldset, linked: frozenset[str]
) -> tuple[tuple[Rule | None, tuple[tuple[int, str], ...]], ...]:
    """(number, member) of each relationship that is shown by its links alone, by the rule for reading it.

    `linked` are those with linkage. `prefix` stands before /v1 in links.
    """
    groups: dict[Rule | None, list[tuple[int, str]]] = {}
    for number, (name, relation) in enumerate(registry.relations[resource.type].items()):
        if name not in linked and (chosen is None or name in chosen):
            member = links(prefix, resource, relation) + "}"
            groups.setdefault(relation.scope, []).append((number, member))
    return tuple((rule, tuple(members)) for rule, members in groups.items())


def links(prefix: str, resource: Resource, relation: Relation) -> str:
    """The beginning of the member for a relationship: its name and its links."""
    here, wire = f"{prefix}/v1/{resource.path}/{{id}}", relation.wire
    return (
        f'"{wire}":{{"links":{{"self":"{here}/relationships/{wire}{MARK}","related":"{here}/{wire}{MARK}"}}'
    )
