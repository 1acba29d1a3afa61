"""What a viewer may not see is not told by order, filter, count or page either.

Made from the registry: for each relationship of each noun, and for each noun itself, two rows get values that
are hidden from a stranger; then the two rows exchange them. Whatever the stranger asks, the answer stays the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Boolean, DateTime, Numeric, Text
from sqlalchemy.exc import DBAPIError

from chalicelib import db, signals
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.permissions import stage as stages
from tests.permissions.stage import Stage
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

# What these columns say decides who sees the row, so exchanging them is no exchange of hidden values alone.
_DECIDING = {
    "state", "status", "privacy", "is_hidden", "accepted", "used_for", "is_featured", "is_profile_public",
    "email", "guest_email", "type", "is_active", "name", "identifier", "slug", "hash", "token", "code",
}  # fmt: skip
_FIRST, _SECOND, _BETWEEN = 0, 2, 1
# Rows of these never change, which the database sees to; and whoever sees the event sees all of them.
_IMMUTABLE = {"schedule-version"}
NOUNS = sorted(
    resource.type
    for resource in REGISTRY
    if resource.model is not None and not resource.singleton and resource.type not in _IMMUTABLE
)


@dataclass
class Pair:
    """Two rows of a noun, which exchange the values of their columns."""

    noun: Resource
    ids: tuple[int, int]

    def columns(self) -> list[Attribute]:
        """Attributes that are plain columns and do not decide who sees the row."""
        table = self.noun.model_or_raise.__table__
        found = []
        for item in self.noun.readable.values():
            column = table.columns.get(item.column)
            if column is None or item.computed is not None or column.foreign_keys or item.column in _DECIDING:
                continue
            if item.column not in {"id", "deleted_at"} and _value(column.type, 0) is not None:
                found.append(item)
        return found

    def set(self, database: TestDatabase, swapped: bool) -> None:
        """Give both rows their values, or each the other's."""
        table = self.noun.model_or_raise.__table__
        first, second = (_SECOND, _FIRST) if swapped else (_FIRST, _SECOND)
        for id, which in ((self.ids[0], _BETWEEN), (self.ids[1], second), (self.ids[0], first)):
            values = {
                column.column: _value(table.columns[column.column].type, which) for column in self.columns()
            }
            if values:
                words = ", ".join(f'"{name}" = {value}' for name, value in values.items())
                database.run(f'UPDATE "{self.noun.table}" SET {words} WHERE id = :id', id=id)


def _value(kind: Any, which: int) -> str | None:
    if isinstance(kind, Boolean):
        return None
    if isinstance(kind, DateTime):
        return f"'2031-0{which + 1}-01T00:00:00+00:00'"
    if isinstance(kind, Numeric):
        return str(which + 1)
    if isinstance(kind, Text) or kind.python_type is str:
        return f"'{'amz'[which] * 4}'"
    return str(which + 1) if kind.python_type is int else None


def spread(session: Any, noun: Resource, stage: Stage) -> Pair:
    """Two rows at the same published event, or at two if an event has only one; of nobody in particular."""

    def made(situation: str) -> int:
        with session.begin_nested():
            return int(stages.make_row(session, noun, stages.parents(session, noun, stage, situation)).id)

    first = made("foreign")
    try:
        return Pair(noun, (first, made("foreign")))
    except DBAPIError as refusal:
        if "duplicate key" not in str(refusal):
            raise
        return Pair(noun, (first, made("published")))


def addresses(noun: Resource, stage: Stage, shown: Pair) -> Iterator[str]:
    """Where a stranger may find both rows listed."""
    if "list" in noun.methods:
        yield f"/v1/{noun.path}"
    for relation in REGISTRY.relations["event"].values():
        if relation.target == noun.type and relation.many:
            yield f"/v1/events/{stage.events['foreign'].id}/{relation.wire}"


def listed(stranger: Client, address: str, query: str = "") -> tuple[int, str]:
    reply = stranger.get(f"{address}?page[size]=200{query}")
    return reply.status, reply.text


def shows_both(stranger: Client, address: str, pair: Pair) -> bool:
    status, text = listed(stranger, address)
    if status != 200:
        return False
    ids = {resource["id"] for resource in json.loads(text)["data"]}
    return {str(id) for id in pair.ids} <= ids


def told(stranger: Client, address: str, pair: Pair, include: str) -> set[str]:
    """Names of attributes of the pair that are shown in this list, or come along with it."""
    status, text = listed(stranger, address, f"&include={include}" if include else "")
    assert status == 200, text
    document = json.loads(text)
    found: set[str] = set()
    for item in [*document["data"], *document.get("included", ())]:
        if item["type"] == pair.noun.type and int(item["id"]) in pair.ids:
            found |= item["attributes"].keys()
    return found


def questions(pair: Pair, hidden: list[Attribute], relation: Relation | None) -> Iterator[str]:
    """Queries that would tell the pair's values if they could."""
    path = "" if relation is None else f"{relation.wire}."
    names = [item.wire for item in hidden]
    if relation is None or relation.column is not None:
        for start in range(0, len(names), 10):
            keys = [path + name for name in names[start : start + 10]]
            yield "&sort=" + ",".join(keys)
            yield "&sort=" + ",".join(f"-{key}" for key in keys)
            yield "&page[size]=1&sort=" + ",".join(keys)
        for name in names[:3]:
            yield f"&page[after]=&sort={path}{name}"
    table = pair.noun.model_or_raise.__table__
    conditions: list[Any] = []
    for item in hidden:
        literal = (_value(table.columns[item.column].type, _FIRST) or "").strip("'")
        conditions += [{"name": item.wire, "op": op, "val": literal} for op in ("eq", "le", "ne")]
        if "text" in item.sql_type.lower():
            conditions.append({"name": item.wire, "op": "ilike", "val": "a%"})
        other = next((two for two in hidden if two is not item and two.sql_type == item.sql_type), None)
        if other is not None:
            conditions.append({"name": item.wire, "op": "lt", "field": other.wire})
    for start in range(0, len(conditions), 20):
        some: Any = {"or": conditions[start : start + 20]}
        if relation is not None:
            some = {"name": relation.wire, "op": "any" if relation.many else "has", "val": some}
        for condition in (some, {"not": some}):
            yield "&filter=" + quote(json.dumps([condition]), safe="")
    for item in hidden[:5]:
        literal = (_value(table.columns[item.column].type, _FIRST) or "").strip("'")
        yield f"&filter[{path}{item.wire}]={quote(literal)}"
    yield f"&fields[{pair.noun.type}]={','.join(name.replace('-', '_') for name in names)}"


def differing(
    database: TestDatabase, stranger: Client, address: str, pair: Pair, relation: Relation | None
) -> list[str]:
    """Questions that are answered otherwise when the pair exchanges what is hidden of it."""
    pair.set(database, swapped=False)
    shown = told(stranger, address, pair, relation.wire if relation else "")
    hidden = [column for column in pair.columns() if column.wire not in shown]
    if not hidden:
        return []
    asked = list(questions(pair, hidden, relation))
    before = [listed(stranger, address, query) for query in asked]
    pair.set(database, swapped=True)
    after = [listed(stranger, address, query) for query in asked]
    # What is shown has changed places too, and is not the matter here.
    return [
        f"{address}?{query}"
        for query, first, second in zip(asked, before, after, strict=True)
        if _told_by(first, pair, shown) != _told_by(second, pair, shown)
    ]


def _told_by(answer: tuple[int, str], pair: Pair, shown: set[str]) -> Any:
    status, text = answer
    if status != 200:
        return status
    document = json.loads(text)
    rows = [
        (item["type"], item["id"], {} if item["type"] == pair.noun.type else item.get("attributes"))
        for item in [*document["data"], *document.get("included", ())]
    ]
    return rows, document.get("meta"), list(document["links"])


def linked(database: TestDatabase, noun: Resource, shown: Pair, relation: Relation, pair: Pair) -> bool:
    """Link the rows that are shown with those of the pair, one with each; whether that is possible."""
    try:
        for here, there in zip(shown.ids, pair.ids, strict=True):
            ids = {"here": here, "there": there}
            if relation.column is not None:
                database.run(
                    f'UPDATE "{noun.table}" SET "{relation.column}" = :there WHERE id = :here', **ids
                )
            elif relation.remote is not None:
                target = REGISTRY[relation.target].table
                database.run(f'UPDATE "{target}" SET "{relation.remote}" = :here WHERE id = :there', **ids)
            elif relation.through and not relation.through.startswith("(") and relation.right != "id":
                database.run(
                    f'INSERT INTO "{relation.through}" ("{relation.left}", "{relation.right}") '
                    "VALUES (:here, :there)",
                    **ids,
                )
            else:
                return False
    except Exception as refusal:  # a rule of the database, such as one row for each event
        kept = "constraint" in str(refusal) or "is not changed" in str(refusal)
        return not kept and pytest.fail(str(refusal)) is None
    return True


@pytest.mark.parametrize("type_name", NOUNS)
def test_exchanging_what_is_hidden_changes_no_answer(
    client: Client, database: TestDatabase, type_name: str
) -> None:
    noun = REGISTRY[type_name]
    stage = stages.furnish()
    stranger = client.signed_in_as(stage.users["stranger"])
    with db.transaction() as session, signals.muted():
        shown = spread(session, noun, stage)
    lists = [address for address in addresses(noun, stage, shown) if shows_both(stranger, address, shown)]
    leaks = [leak for item in lists for leak in differing(database, stranger, item, shown, None)]
    for relation in REGISTRY.relations[type_name].values():
        target = REGISTRY[relation.target]
        if target.model is None or target.singleton or relation.target == "event" or not lists:
            continue
        with db.transaction() as session, signals.muted():
            pair = spread(session, target, stage)
        if linked(database, noun, shown, relation, pair):
            for item in lists:
                if shows_both(stranger, item, shown):
                    leaks += differing(database, stranger, item, pair, relation)
    assert leaks == []
