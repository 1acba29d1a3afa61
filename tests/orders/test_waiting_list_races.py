"""Waiting lists where two things happen at once: one of them is first, and nothing is held or sold twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from chalicelib import db
from chalicelib.resources.orders.waiting_list_entry import line
from chalicelib.tasks.offer_places import offer_places
from tests.factories import stored
from tests.factories.user import make_user
from tests.orders.waiting_room import WaitingRoom
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


@pytest.fixture
def room(client: Client, database: TestDatabase, pump: Pump) -> WaitingRoom:
    return WaitingRoom(client, database, pump, places=6)


def at_once(*asks: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(lambda ask: ask(), asks))


def look(event_id: int) -> None:
    with db.transaction() as session:
        offer_places(session, event_id)


def test_places_that_come_free_at_once_are_offered_once_each(room: WaitingRoom) -> None:
    for _ in range(5):
        room.joins(room.person())
    orders = [(room.team, room.orders.pop(), room.person()) for _ in range(3)]

    def cancel(asking: Client, order: Any) -> int:
        sent = document("order", {"status": "cancelled"}, order.id)
        return asking.patch(f"/v1/orders/{order.id}", sent).status

    cancels = [partial(cancel, asking, order) for asking, order, _ in orders]
    buys = [lambda who=who: room.order(who, None).status for _, _, who in orders]
    looks = [partial(look, room.event.id) for _ in range(2)]
    done = at_once(*cancels, *buys, *looks)
    assert done[:3] == [200] * 3
    assert done[3:6] == [409] * 3, "nobody gets ahead of the line"
    room.looks()
    assert room.states() == ["offered"] * 3 + ["waiting"] * 2
    assert room.stock() == {"capacity": 6, "taken": 6, "waiting": 2, "reserved": 0}


def test_an_offer_is_either_claimed_or_lapses(room: WaitingRoom) -> None:
    account = stored(make_user)
    who = room.client.signed_in_as(account)
    first = room.joins(who)
    second = room.joins(room.person())
    room.cancel()
    room.looks()

    def lapse() -> bool:
        with db.transaction() as session:
            entry = line.locked(session, first)
            if entry.state != "offered":
                return False
            line.end(session, entry, "lapsed")
            return True

    claimed, *others, has_lapsed = at_once(
        lambda: room.order(who, str(first)).status,
        lambda: room.order(who, str(first)).status,
        lambda: who.post(f"/v1/waiting-list-entries/{first}/leave").status,
        lapse,
    )
    room.looks()
    won = sorted([claimed == 200, *(status == 200 for status in others), has_lapsed])
    assert won == [False, False, False, True], (claimed, others, has_lapsed)
    is_sold = room.entry(first)["state"] == "claimed"
    assert room.entry(second)["state"] == ("waiting" if is_sold else "offered")
    assert room.stock()["taken"] == 6


def test_who_leaves_while_places_come_free_holds_none(room: WaitingRoom) -> None:
    people = [room.person() for _ in range(3)]
    entries = [room.joins(who) for who in people]
    order = room.orders.pop()
    sent = document("order", {"status": "cancelled"}, order.id)
    team = room.team
    done = at_once(
        lambda: people[0].post(f"/v1/waiting-list-entries/{entries[0]}/leave").status,
        lambda: team.patch(f"/v1/orders/{order.id}", sent).status,
        lambda: look(room.event.id),
        lambda: team.post(f"/v1/waiting-list-entries/{entries[1]}/remove").status,
    )
    assert [done[0], done[1], done[3]] == [200, 200, 200]
    room.looks()
    assert room.entry(entries[0])["state"] in {"left", "declined"}
    assert room.entry(entries[2])["state"] == "offered"
    assert room.stock() == {"capacity": 6, "taken": 6, "waiting": 0, "reserved": 0}


def test_many_who_join_at_once_are_all_in_line(room: WaitingRoom) -> None:
    people = [room.person() for _ in range(6)]
    same = room.client.signed_in_as(stored(make_user))
    joins = [lambda who=who: room.join(who).status for who in [*people, same, same]]
    order = room.orders.pop()
    sent, team = document("order", {"status": "cancelled"}, order.id), room.team
    done = at_once(*joins, lambda: team.patch(f"/v1/orders/{order.id}", sent).status)
    room.looks()
    # Who came after the place was free, and before it was looked at, may have been told to buy it.
    assert set(done) <= {200, 409}
    states = room.states()
    assert len(states) == done[:8].count(200)
    if states:
        assert states == ["offered"] + ["waiting"] * (len(states) - 1)
        assert room.stock()["waiting"] == len(states) - 1
