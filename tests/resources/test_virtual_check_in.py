"""Virtual check-in: for the attendees of one's own orders that are placed or completed."""

from typing import Any

import pytest

from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

DONE = {"message": "Attendee check in/out success"}


class World:
    """An event with a room, and a buyer with orders in several states."""

    def __init__(self) -> None:
        self.event = stored(make_event, state="published")
        self.room = stored(make_microlocation, event=self.event)
        self.buyer = stored(make_user)
        self.guests = []
        for status in ("completed", "placed", "cancelled", "expired", "pending"):
            order = stored(make_order, event=self.event, user=self.buyer, status=status)
            guest = stored(make_attendee, event=self.event, order=order)
            self.guests += [guest.id] if status in {"completed", "placed"} else []
        elsewhere = stored(make_event, state="published")
        order = stored(make_order, event=elsewhere, user=self.buyer, status="completed")
        stored(make_attendee, event=elsewhere, order=order)

    def come(self, client: Client, is_check_in: Any = True, kind: Any = "event", **more: Any) -> Reply:
        sent = {"check_in_type": kind, "is_check_in": is_check_in, **more}
        path = f"/v1/events/{self.event.identifier}/virtual/check-in"
        return client.post(path, sent, content_type="application/json")


@pytest.fixture
def world(database: object) -> World:
    return World()


def stays(database: TestDatabase) -> list[tuple[Any, ...]]:
    """(attendee, type, room, whether it is over) of each stay."""
    rows = database.rows(
        "SELECT ticket_holder_id, check_in_type, microlocation_id, check_out_at IS NOT NULL AS over "
        "FROM virtual_check_ins ORDER BY id"
    )
    return [tuple(row.values()) for row in rows]


def test_all_attendees_of_living_orders_come_once_and_leave(
    client: Client, world: World, database: TestDatabase
) -> None:
    asking = client.signed_in_as(world.buyer)
    assert world.come(asking, False).status == 422, "not in yet"
    for _ in range(2):
        reply = world.come(asking)
        assert (reply.status, reply.json) == (200, DONE)
    assert stays(database) == [(guest, "event", None, False) for guest in world.guests]
    assert world.come(asking, False).json == DONE
    again = world.come(asking, False)
    assert (again.status, again.errors[0]["source"]) == (422, {"pointer": "/is_check_in"})
    assert stays(database) == [(guest, "event", None, True) for guest in world.guests]
    assert world.come(asking).status == 200
    assert len(stays(database)) == 4


def test_rooms_are_entered_one_by_one(client: Client, world: World, database: TestDatabase) -> None:
    asking = client.signed_in_as(world.buyer)
    second = stored(make_microlocation, event=world.event)
    for room in (world.room, second):
        assert world.come(asking, kind="room", microlocation_id=room.id).status == 200
    assert world.come(asking, kind="virtual-room").status == 200
    assert world.come(asking, False, "room", microlocation_id=str(second.id)).status == 200
    assert world.come(asking, False, "event").status == 422
    first = world.guests[0]
    assert [stay[1:] for stay in stays(database) if stay[0] == first] == [
        ("room", world.room.id, False), ("room", second.id, True), ("virtual-room", None, False),
    ]  # fmt: skip


def test_who_has_no_ticket_of_the_event_stays_out(
    client: Client, world: World, database: TestDatabase
) -> None:
    unpaid = stored(make_user)
    order = stored(make_order, event=world.event, user=unpaid, status="pending")
    stored(make_attendee, event=world.event, order=order)
    assert world.come(client).status == 401
    for item in (stored(make_user), unpaid):
        assert world.come(client.signed_in_as(item)).status == 403
    draft = stored(make_event, state="draft")
    path = f"/v1/events/{draft.identifier}/virtual/check-in"
    sent = {"check_in_type": "event", "is_check_in": True}
    assert client.signed_in_as(world.buyer).post(path, sent, content_type="application/json").status == 404
    assert stays(database) == []


def test_what_is_not_understood_is_refused_with_a_pointer(
    client: Client, world: World, database: TestDatabase
) -> None:
    asking = client.signed_in_as(world.buyer)
    foreign = stored(make_microlocation).id
    for sent, pointer in (
        ({"kind": "lobby"}, "/check_in_type"),
        ({"kind": None}, "/check_in_type"),
        ({"kind": ["event"]}, "/check_in_type"),
        ({"is_check_in": "yes"}, "/is_check_in"),
        ({"is_check_in": None}, "/is_check_in"),
        ({"kind": "room"}, "/microlocation_id"),
        ({"kind": "room", "microlocation_id": "x"}, "/microlocation_id"),
        ({"kind": "room", "microlocation_id": True}, "/microlocation_id"),
        ({"kind": "room", "microlocation_id": 10**30}, "/microlocation_id"),
        ({"kind": "room", "microlocation_id": foreign}, "/microlocation_id"),
    ):
        reply = world.come(asking, **sent)
        assert reply.status in {400, 422}, (sent, reply.text)
        assert reply.errors[0]["source"] == {"pointer": pointer}
    assert stays(database) == []


def test_stays_go_with_their_attendee_and_are_limited(
    client: Client, world: World, database: TestDatabase, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_VIRTUAL_CHECK_INS", "1/1h")
    environment.setenv("LIMITS", "on")
    settings.cache_clear()
    asking = client.signed_in_as(world.buyer)
    assert world.come(asking).status == 200
    assert world.come(asking, False).status == 429
    database.run("DELETE FROM attendees")
    assert stays(database) == []
