"""Reads an event's rows as whoever exports sees them: by the policies of the types, as the API shows them.

First the ids of all rows, in the order that numbers them; then batches of resources by these ids. What the
viewer may not see of a row is left out, as in any answer.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from chalicelib import db
from chalicelib.archive.declared import ARCHIVED, BY_TYPE, NAMED, SAME, TEAM, Archived
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import TRUE, Param, Row, Sql, Statement, all_of, joined, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.read.members import attributes_by_rule, attributes_of
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.soft_delete import not_deleted

BATCH: Final = 500  # rows read at once
MOST_ROWS: Final = 100_000  # of one event
_EVENT: Final = Param("event", "bigint")
_IDS: Final = Param("ids", "bigint[]")
_NARROWED: Final = {  # what is archived of a type whose rows are not all a part of the event's set-up
    "speaker-invite": "t.status = 'pending'",
    "discount-code": "t.used_for = 'ticket'",
}


class TooManyRows(Exception):
    """The event has more than MOST_ROWS rows."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The ids of an event's rows by type, in order, and their numbers in the archive, which begin with 1."""

    ids: Mapping[str, list[int]]
    numbers: dict[str, dict[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        numbers = {name: {id: at for at, id in enumerate(ids, 1)} for name, ids in self.ids.items()}
        object.__setattr__(self, "numbers", numbers)

    def of(self, type_name: str, ids: Sequence[int]) -> list[int]:
        """The numbers of these rows in order, without those that are not archived."""
        known = self.numbers.get(type_name, {})
        return sorted(known[id] for id in ids if id in known)


def numbered(context: Context, event_id: int, *, people: bool) -> Numbers:
    """All rows of the event that the viewer sees. Without `people` there are none about persons.

    Raises TooManyRows.
    """
    kind = context.viewer.kind
    ids: dict[str, list[int]] = {}
    for archived in ARCHIVED:
        if archived.type == TEAM or (archived.people and not people):
            ids[archived.type] = []
            continue
        statement = _ids(context.registry, kind, archived.type)
        ids[archived.type] = [row[0] for row in _fetch(context, statement, {"event": event_id})]
        if sum(map(len, ids.values())) > MOST_ROWS:
            raise TooManyRows
    return Numbers(ids)


def resources_of(context: Context, numbers: Numbers, archived: Archived) -> Iterator[dict[str, Any]]:
    """The resource objects of one type, in order: {type, id, attributes, relationships}.

    Links to types of the platform have the ids of the database, see named(). Rows that were deleted since are
    left out.
    """
    ids = numbers.ids[archived.type]
    statement = _rows(context.registry, context.viewer.kind, archived.type)
    relations = _links(context.registry, archived)
    for at in range(0, len(ids), BATCH):
        batch = ids[at : at + BATCH]
        for id, groups, linked in _fetch(context, statement, {"ids": batch}):
            attributes: dict[str, Any] = {}
            for group in groups:
                attributes |= group or {}
            yield {
                "type": archived.type,
                "id": str(numbers.numbers[archived.type][id]),
                "attributes": _with_numbers(
                    numbers, archived, _writable(context.registry[archived.type], attributes)
                ),
                "relationships": {
                    relation.wire: {"data": _linkage(numbers, relation, value)}
                    for relation, value in zip(relations, linked, strict=True)
                },
            }


def named(context: Context, type_name: str, ids: Sequence[int]) -> dict[int, str]:
    """Names of rows of a type of the platform, by id."""
    table = context.registry[type_name].table
    select = f'SELECT id, name FROM "{table}" WHERE id = ANY($1::bigint[])'  # noqa: S608 - our own names
    rows = db.fetch(context.session, select, [list(ids)])
    return dict(rows)


@lru_cache(maxsize=64)
def writable(registry: Registry, type_name: str) -> tuple[str, ...]:
    """Python names of the attributes that are archived: what a client writes and reads again."""
    without = BY_TYPE[type_name].without
    return tuple(
        sorted(
            name
            for name, member in registry[type_name].readable.items()
            if not member.field.dump_only and name not in without
        )
    )


def _writable(resource: Resource, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Without nulls that could not be written: such a row is older than its type's rule."""
    fields = {member.wire: member.field for member in resource.readable.values()}
    return {
        wire: _canonical(value)
        for wire, value in attributes.items()
        if value is not None or fields[wire].allow_none
    }


def _with_numbers(numbers: Numbers, archived: Archived, attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes with the archive's numbers of rows that they name; what is not archived is left out."""
    for name, (member, type_name) in archived.numbered.items():
        known = numbers.numbers[type_name]
        attributes[name] = [
            {**each, member: known[each[member]]}
            for each in attributes.get(name) or ()
            if each[member] in known
        ]
    return attributes


def _canonical(value: Any) -> Any:
    """The value with equal numbers written alike: the database keeps 900 and 900.0 apart."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_canonical(part) for part in value]
    return {name: _canonical(part) for name, part in value.items()} if isinstance(value, dict) else value


def _linkage(numbers: Numbers, relation: Relation, value: Any) -> Any:
    target = relation.target
    if target in NAMED:
        return None if value is None else {"type": target, "id": str(value)}
    found = numbers.of(
        SAME.get(target, target), value if isinstance(value, list) else [] if value is None else [value]
    )
    identifiers = [{"type": target, "id": str(number)} for number in found]
    if relation.many:
        return identifiers
    return identifiers[0] if identifiers else None


@lru_cache(maxsize=64)
def _links(registry: Registry, archived: Archived) -> tuple[Relation, ...]:
    names = (*((archived.parent,) if archived.parent else ()), *archived.links)
    relations = registry.relations[archived.type]
    return tuple(relations[name] for name in dict.fromkeys(names))


@lru_cache(maxsize=256)
def _ids(registry: Registry, kind: Kind, type_name: str) -> Statement:
    archived, noun, row = BY_TYPE[type_name], registry[type_name], Row("t")
    compiler = Compiler(registry, kind)
    condition = all_of(
        _of_the_event(registry, archived),
        not_deleted(noun, row),
        compiler.condition(noun.policy.see, noun, row),
        sql(_NARROWED[type_name]) if type_name in _NARROWED else TRUE,
    )
    chosen = sql(f"SELECT t.id FROM {noun.from_sql} t WHERE ", condition)  # noqa: S608 - our own names
    return render(sql(chosen, f" ORDER BY {archived.order} LIMIT {MOST_ROWS + 1}"))


def _of_the_event(registry: Registry, archived: Archived, alias: str = "t") -> Sql:
    """Condition: the row, or the row that it hangs on, is the event's."""
    if not archived.parent:
        return sql(f"{alias}.id = ", _EVENT)
    if archived.where:
        pieces = archived.where.replace("t.", f"{alias}.").split("{event}")
        return joined("", [part for piece in pieces for part in (sql(piece), _EVENT)][:-1])
    column = registry.relations[archived.type][archived.parent].column
    if archived.parent == "event":
        return sql(f'{alias}."{column}" = ', _EVENT)
    parent = BY_TYPE[registry.relations[archived.type][archived.parent].target]
    deeper = f"{alias}p"
    source = registry[parent.type].from_sql
    return sql(
        f'{alias}."{column}" IN (SELECT {deeper}.id FROM {source} {deeper} WHERE ',  # noqa: S608 - our own names
        *(_of_the_event(registry, parent, deeper), ")"),
    )


@lru_cache(maxsize=256)
def _rows(registry: Registry, kind: Kind, type_name: str) -> Statement:
    archived, noun, row = BY_TYPE[type_name], registry[type_name], Row("t")
    compiler = Compiler(registry, kind)
    groups = []
    for rule, chosen in attributes_by_rule(noun, writable(registry, type_name)):
        text = sql(attributes_of(noun, "t", chosen), "::json")
        condition = TRUE if rule is None else compiler.condition(rule, noun, row)
        groups.append(text if condition is TRUE else sql("CASE WHEN ", condition, " THEN ", text, " END"))
    linked = [_linked(relation, registry[relation.target]) for relation in _links(registry, archived)]
    return render(
        sql(
            *("SELECT t.id, json_build_array(", joined(", ", groups), "), json_build_array("),
            *(joined(", ", linked) if linked else sql(), ") FROM unnest("),
            *(_IDS, f") WITH ORDINALITY chosen(id, nth) JOIN {noun.from_sql} t ON t.id = chosen.id "),
            *("WHERE t.id = ANY(", _IDS, ") AND ", not_deleted(noun, row), " ORDER BY chosen.nth"),
        )
    )


def _linked(relation: Relation, target: Resource) -> Sql:
    """The id of the linked row, or the ids as a JSON array."""
    if relation.column is not None:
        return sql(f't."{relation.column}"')
    if relation.remote is not None:
        source = f'"{target.table}" link WHERE link."{relation.remote}" = t.id'
        return sql(f"(SELECT coalesce(json_agg(link.id), '[]') FROM {source})")  # noqa: S608 - our own names
    source = f'{relation.associations} link WHERE link."{relation.left}" = t.id'
    return sql(f"(SELECT coalesce(json_agg(link.\"{relation.right}\"), '[]') FROM {source})")  # noqa: S608 - as above


def _fetch(context: Context, statement: Statement, given: Mapping[object, object]) -> list[list[Any]]:
    values = viewer_parameters.values(statement, context.viewer, given)
    rows = db.fetch(context.session, statement.text, values)
    return [[json.loads(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
