"""What others hang on stays at its event, by whichever way somebody tries to move it: asked of every noun."""

from typing import Any

import pytest

from chalicelib import db
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.dependants import Dependant, dependants, parent_types
from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

# Every kind of row that hangs on another one which belongs to an event.
HANGING = [
    (noun, dependant)
    for noun in REGISTRY
    if noun.model is not None and "event" in REGISTRY.relations[noun.type]
    for dependant in dependants(REGISTRY, noun.type, "event")
    if REGISTRY.relation(noun, "event").column
]


def hang(noun: Resource, one: Dependant, row: Any, event: Any) -> None:
    """Something hangs on the row by this table and column."""
    tables = {other.table: other for other in REGISTRY if other.model is not None}
    if one.table in tables:
        stored(maker(one.type), **{one.column: row.id})
        return
    other = stored(maker(one.type))
    table = noun.model_or_raise.metadata.tables[one.table]
    (column,) = [name for name in (key.parent.name for key in table.foreign_keys) if name != one.column]
    with db.transaction() as session:
        session.execute(table.insert().values({one.column: row.id, column: other.id}))


@pytest.mark.parametrize(("noun", "one"), HANGING, ids=lambda it: getattr(it, "table", None))
def test_no_row_moves_while_something_hangs_on_it(
    noun: Resource, one: Dependant, client: Client, database: TestDatabase
) -> None:
    event, other = stored(make_event, is_tax_enabled=True), stored(make_event, is_tax_enabled=True)
    row = stored(maker(noun.type), event=event)
    hang(noun, one, row, event)
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    where = f'SELECT event_id FROM "{noun.table}" WHERE id = :id'
    link = {"type": "event", "id": str(other.id)}
    address = f"/v1/{noun.path}/{row.id}"
    inverse = (REGISTRY.relation(noun, "event").inverse or "").replace("_", "-")
    tried = {
        "document": staff.patch(address, document(noun.type, {}, row.id, event=("event", other))),
        "relationship": staff.patch(f"{address}/relationships/event", {"data": link}),
    }
    if inverse:
        many = REGISTRY.relation(REGISTRY["event"], inverse).many
        moved = {"type": noun.type, "id": str(row.id)}
        at_event = f"/v1/events/{other.id}/relationships/{inverse}"
        tried |= {
            "event": staff.post(at_event, {"data": [moved] if many else moved}),
            "event replaced": staff.patch(at_event, {"data": [moved] if many else moved}),
        }
    for way, reply in tried.items():
        # A document that may not say so is ignored where the relationship is kept by the server.
        allowed = {200, 403, 405, 422} if REGISTRY.relation(noun, "event").read_only else {403, 405, 422}
        assert reply.status in allowed, (way, reply.text)
        assert database.one(where, id=row.id) == event.id, way


def test_what_must_be_shared_is_known() -> None:
    assert parent_types(REGISTRY) == ("event",)
    names = {noun.type for noun, _ in HANGING}
    assert names >= {
        *("ticket", "track", "microlocation", "session", "speaker", "station", "discount-code"),
        *("access-code", "session-type", "faq-type", "tag", "ticket-pool", "order", "attendee"),
    }


def test_what_nothing_hangs_on_moves(client: Client, database: TestDatabase) -> None:
    event, other = stored(make_event), stored(make_event)
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    for type in ("track", "faq", "sponsor", "social-link"):
        row = stored(maker(type), event=event)
        body = document(type, {}, row.id, event=("event", other))
        assert staff.patch(f"/v1/{REGISTRY[type].path}/{row.id}", body).status == 200, type
