"""Discount codes that nobody has ordered with go at once, and for good."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib import signals
from chalicelib.resources.tickets.discount_code import DiscountCode
from devstack.database import connected
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client


def address(event: Any) -> str:
    return f"/v1/events/{event.identifier}/discount-codes/delete-unused"


def codes_in(database: TestDatabase) -> set[int]:
    return {row["id"] for row in database.rows("SELECT id FROM discount_codes")}


@pytest.mark.parametrize("role", ["owner", "organizer", "coorganizer"])
def test_the_team_removes_what_no_order_refers_to(client: Client, database: TestDatabase, role: str) -> None:
    event = stored(make_event)
    member = stored(make_users_events_roles, event=event, role=role).user_id
    ticket = stored(make_ticket, event=event, type="paid", price=20)

    def code(**values: Any) -> DiscountCode:
        return stored(make_discount_code, event=event, **values)

    unused = [
        code(tickets=(ticket,)),
        code(is_active=False),
        code(deleted_at=event.created_at),
    ]
    kept = [code(), code(), code()]
    for used, status in zip(kept[:2], ("completed", "expired"), strict=True):
        stored(make_order, event=event, discount_code_id=used.id, status=status)
    stored(make_attendee, event=event, ticket=ticket, discount_code_id=kept[2].id)
    kept += [stored(make_discount_code), stored(make_discount_code, used_for="event", events=(event,))]
    reply = client.signed_in_as(member).delete(address(event))
    assert (reply.status, reply.headers["content-type"]) == (200, "application/vnd.api+json")
    assert reply.json["meta"] == {"message": "3 discount codes have been removed."}
    assert codes_in(database) == {item.id for item in kept}
    assert not codes_in(database) & {item.id for item in unused}
    assert database.one("SELECT count(*) FROM stocks WHERE discount_code_id IS NOT NULL") == len(kept)
    assert database.one("SELECT count(*) FROM tickets") == 1
    again = client.signed_in_as(member).delete(address(event))
    assert again.json["meta"] == {"message": "0 discount codes have been removed."}


def test_nobody_else_removes_any(client: Client, database: TestDatabase) -> None:
    event, draft = stored(make_event), stored(make_event, state="draft")
    for item in (event, draft):
        stored(make_discount_code, event=item)
    registrar = stored(make_users_events_roles, event=event, role="registrar").user_id
    elsewhere = stored(make_users_events_roles, role="owner").user_id
    for who in (registrar, elsewhere, stored(make_user)):
        assert client.signed_in_as(who).delete(address(event)).status == 403
    assert client.signed_in_as(elsewhere).delete(address(draft)).status == 404
    assert client.delete(address(event)).status == 401
    assert len(codes_in(database)) == 2


def test_a_code_by_another_name_is_removed_by_its_name(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    named, other = (stored(make_discount_code, event=event, code=name) for name in ("FRIENDS", "OTHER"))
    reply = client.signed_in_as(owner).delete(f"/v1/events/{event.id}/discount-codes/friends")
    assert reply.status == 200
    found = database.rows("SELECT id FROM discount_codes WHERE deleted_at IS NULL")
    assert [row["id"] for row in found] == [other.id]
    assert named.id in codes_in(database)


def test_removals_are_told(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    code = stored(make_discount_code, event=event)
    told: list[int] = []

    def hear(_session: Session, id: int, **_more: Any) -> None:
        told.append(id)

    with signals.temporary_receiver("discount-code.deleted", hear):
        client.signed_in_as(owner).delete(address(event))
    assert told == [code.id]


def test_a_code_of_an_order_that_is_just_being_made_stays(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    code, order = stored(make_discount_code, event=event), stored(make_order, event=event)
    asking = client.signed_in_as(owner)
    with connected(database.url) as buying, ThreadPoolExecutor(1) as threads:
        buying.run("BEGIN")
        buying.run(f"UPDATE orders SET discount_code_id = {code.id} WHERE id = {order.id}")
        removing = threads.submit(asking.delete, address(event))
        while not database.one("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not removing.done(), removing.result().text
        buying.run("COMMIT")
        assert removing.result().json["meta"] == {"message": "0 discount codes have been removed."}
    assert database.one("SELECT discount_code_id FROM orders") == code.id
