"""Waiting lists: joining, offers that hold places, claiming them, and nobody getting ahead of the line."""

from datetime import timedelta
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.orders.waiting_room import WaitingRoom
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


@pytest.fixture
def room(client: Client, database: TestDatabase, pump: Pump) -> WaitingRoom:
    return WaitingRoom(client, database, pump)


def test_an_account_waits_is_offered_and_buys(room: WaitingRoom) -> None:
    ada, grace = stored(make_user), stored(make_user)
    first = room.joins(room.client.signed_in_as(ada))
    second = room.joins(room.client.signed_in_as(grace))
    seen = room.client.signed_in_as(grace).get(f"/v1/waiting-list-entries/{second}").data["attributes"]
    assert (seen["state"], seen["place"]) == ("waiting", 2)
    assert room.stock() == {"capacity": 2, "taken": 2, "waiting": 2, "reserved": 0}
    room.cancel()
    assert room.available() == 0, "what comes free is theirs"
    assert room.order(room.person(), None).status == 409
    room.looks()
    assert room.states() == ["offered", "waiting"]
    assert room.stock() == {"capacity": 2, "taken": 2, "waiting": 1, "reserved": 0}
    assert room.order(room.person(), None).status == 409
    assert room.order(room.client.signed_in_as(grace), str(second)).status == 409, "not offered yet"
    assert room.order(room.client.signed_in_as(grace), str(first)).status == 404
    assert room.order(room.client.signed_in_as(ada), str(first), quantity=2).status == 422
    bought = room.order(room.client.signed_in_as(ada), str(first))
    assert bought.status == 200, bought.text
    assert room.entry(first)["order_id"] == int(bought.data["id"])
    assert room.states() == ["claimed", "waiting"]
    assert room.stock()["taken"] == 2
    assert room.order(room.client.signed_in_as(ada), str(first)).status == 409, "once"


def test_a_guest_confirms_the_address_waits_and_buys_by_the_link(room: WaitingRoom) -> None:
    email = f"grace{room.event.id}@example.org"
    room.cancel()
    assert room.join(None, name="Grace", email=email).status == 409, "there is one left: buy it"
    assert room.order(room.person(), None).status == 200
    key = room.guest_joins(email)
    shown = room.answer("show", key)
    assert (shown.json["place"], shown.json["offer"]) == (1, None)
    room.cancel()
    offer = room.key(email)
    assert offer != key
    shown = room.answer("show", offer)
    assert (shown.json["state"], shown.json["offer"]["quantity"]) == ("offered", 1)
    stranger = {"name": "Mallory", "email": "mallory@example.org"}
    assert room.order(room.client, offer, buyer=stranger).status == 403
    bought = room.order(room.client, offer, buyer={"name": "Grace", "email": email})
    assert bought.status == 200, bought.text
    assert room.states() == ["claimed"]


def test_a_lapsed_and_a_declined_offer_go_to_who_is_next(room: WaitingRoom) -> None:
    emails = [f"{name}{room.event.id}@example.org" for name in ("ada", "grace", "joan")]
    keys = [room.guest_joins(email) for email in emails]
    room.cancel()
    room.looks()
    assert room.states() == ["offered", "waiting", "waiting"]
    room.overdue()
    assert room.answer("show", keys[0]).json["state"] == "lapsed"
    assert room.answer("decline", keys[0]).status == 409
    assert (
        room.order(room.client, room.key(emails[0]), buyer={"name": "Ada", "email": emails[0]}).status == 409
    )
    room.pump.tick("sweep_outbox")
    room.looks()
    assert room.states() == ["lapsed", "offered", "waiting"]
    assert any("not on the waiting list" in mail["subject"] for mail in room.mails_to(emails[0]))
    assert room.answer("decline", keys[1]).json == {"state": "declined"}
    assert (room.available(), room.stock()["reserved"]) == (0, 1), "kept until it was looked"
    room.looks()
    assert room.states() == ["lapsed", "declined", "offered"]
    assert room.answer("leave", keys[2]).json == {"state": "declined"}
    assert room.answer("leave", keys[2]).status == 409
    room.looks()
    assert room.available() == 1, "nobody waits: it is for everybody"
    assert room.order(room.person(), None).status == 200


def test_an_offer_ends_with_the_hours_of_the_event_and_the_sales(room: WaitingRoom) -> None:
    room.set(**{"waiting-list-offer-hours": 2})
    first = room.joins(room.person())
    room.cancel()
    room.looks()
    entry = room.entry(first)
    assert entry["expires_at"] - entry["offered_at"] == timedelta(hours=2)
    room.database.run(
        "UPDATE tickets SET sales_ends_at = now() + interval '1 hour' WHERE id = :id", id=room.ticket.id
    )
    second = room.joins(room.person())
    room.cancel()
    room.looks()
    entry = room.entry(second)
    assert entry["expires_at"] - entry["offered_at"] < timedelta(hours=1, minutes=1)
    bought = room.order(room.client.signed_in_as(entry["user_id"]), str(second))
    assert bought.status == 200
    held = room.database.one("SELECT expires_at FROM orders WHERE id = :id", id=int(bought.data["id"]))
    assert held == entry["expires_at"], "the order is held as long as the offer was"


@pytest.mark.parametrize("how", ["attendee", "quantity", "pool", "hidden", "order expires", "opened later"])
def test_places_come_free_in_any_way(client: Client, database: TestDatabase, pump: Pump, how: str) -> None:
    room = WaitingRoom(client, database, pump)
    pool = stored(make_ticket_pool, event=room.event, quantity=2)
    database.run("UPDATE tickets SET pool_id = :pool WHERE id = :id", pool=pool.id, id=room.ticket.id)
    if how == "pool":
        database.run("UPDATE tickets SET quantity = 5 WHERE id = :id", id=room.ticket.id)
    if how == "quantity":
        database.run("UPDATE ticket_pools SET quantity = 9 WHERE id = :id", id=pool.id)
    entry = room.joins(room.person())
    room.looks()
    assert room.entry(entry)["state"] == "waiting"
    person = database.one("SELECT min(id) FROM attendees WHERE event_id = :id", id=room.event.id)
    if how == "attendee":
        assert room.team.delete(f"/v1/attendees/{person}").status in {200, 204}
    elif how == "quantity":
        sent = document("ticket", {"quantity": 3}, room.ticket.id)
        assert room.team.patch(f"/v1/tickets/{room.ticket.id}", sent).status == 200
    elif how == "pool":
        sent = document("ticket-pool", {"quantity": 3}, pool.id)
        assert room.team.patch(f"/v1/ticket-pools/{pool.id}", sent).status == 200
    elif how in {"hidden", "opened later"}:
        database.run("UPDATE tickets SET is_hidden = true WHERE id = :id", id=room.ticket.id)
        room.cancel()
        room.looks()
        assert room.entry(entry)["state"] == "waiting", "a hidden kind is not offered"
        if how == "hidden":
            sent = document("ticket", {"is-hidden": False}, room.ticket.id)
            assert room.team.patch(f"/v1/tickets/{room.ticket.id}", sent).status == 200
            assert room.stock()["reserved"] == 1, "its line comes first"
        else:  # by nothing that anybody would notice
            database.run("ALTER TABLE tickets DISABLE TRIGGER open_to_line")
            database.run("UPDATE tickets SET is_hidden = false WHERE id = :id", id=room.ticket.id)
            database.run("ALTER TABLE tickets ENABLE TRIGGER open_to_line")
            pump.tick("sweep_outbox")
    else:
        database.run(
            "UPDATE orders SET status = 'initializing', expires_at = now() - interval '1 hour' "
            "WHERE id = (SELECT order_id FROM attendees WHERE id = :id)",
            id=person,
        )
        pump.tick("sweep_outbox")
    room.looks()
    assert room.entry(entry)["state"] == "offered"
    assert room.available() == 0


def test_a_large_wish_is_passed_over_and_then_collects(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    room = WaitingRoom(client, database, pump, places=8)
    family = room.joins(room.person(), quantity=3)
    singles = [room.joins(room.person()) for _ in range(4)]
    for number in range(2):
        room.cancel()
        room.looks()
        assert room.entry(singles[number])["state"] == "offered", "whom it fits"
    room.cancel()
    room.looks()
    assert room.entry(singles[2])["state"] == "waiting", "passed over three times: collected"
    assert (room.stock()["reserved"], room.available()) == (1, 0)
    pump.tick("sweep_outbox")
    room.looks()
    assert room.stock()["reserved"] == 1, "it stays collected"
    room.cancel(2)
    room.looks()
    assert (room.entry(family)["state"], room.entry(family)["offered_quantity"]) == ("offered", 3)
    assert room.stock()["reserved"] == 0


def test_what_is_collected_in_vain_is_given_on(client: Client, database: TestDatabase, pump: Pump) -> None:
    room = WaitingRoom(client, database, pump, places=5)
    family = room.joins(room.person(), quantity=5)
    room.cancel()
    room.looks()
    assert room.available() == 1, "nobody else waits, and it does not fit: everybody may have it"
    room.cancel()
    room.looks()
    room.cancel()
    room.looks()
    assert room.available() == 0, "collected"
    room.database.run("UPDATE waiting_list_entries SET gathers_since = now() - interval '2 days'")
    pump.tick("sweep_outbox")
    room.looks()
    assert (room.entry(family)["state"], room.available()) == ("waiting", 3)


def test_who_takes_fewer_is_offered_what_there_is(client: Client, database: TestDatabase, pump: Pump) -> None:
    room = WaitingRoom(client, database, pump, places=4)
    other = room.sold_out(3)
    friends = room.joins(room.person(), room.ticket, other, quantity=3, **{"takes-fewer": True})
    behind = room.joins(room.person(), other)
    room.orders.reverse()  # the other kind's
    room.cancel(2)
    assert room.stock(other)["reserved"] == 2
    room.looks()
    entry = room.entry(friends)
    assert (entry["state"], entry["offered_quantity"], entry["offered_ticket_id"]) == ("offered", 2, other.id)
    assert room.entry(behind)["state"] == "waiting"
    who = room.client.signed_in_as(entry["user_id"])
    assert room.order(who, str(friends), 3, other).status == 422
    assert room.order(who, str(friends), 2).status == 422, "another kind"
    assert room.order(who, str(friends), 2, other).status == 200


def test_the_team_offers_out_of_turn_and_removes(room: WaitingRoom) -> None:
    first, second = room.joins(room.person()), room.joins(room.person())
    listed = room.team.get(f"/v1/events/{room.event.id}/waiting-list-entries").json["data"]
    assert [int(row["id"]) for row in listed] == [first, second]
    for path in (f"/v1/waiting-list-entries/{second}/offer", f"/v1/waiting-list-entries/{second}/remove"):
        assert room.person().post(path).status == 404
        assert room.client.post(path).status == 401
    assert room.team.post(f"/v1/waiting-list-entries/{second}/offer").status == 409, "nothing is free"
    room.cancel()
    assert room.team.post(f"/v1/waiting-list-entries/{second}/offer").data["attributes"]["state"] == "offered"
    room.looks()
    assert room.states() == ["waiting", "offered"]
    removed = room.team.post(f"/v1/waiting-list-entries/{second}/remove")
    assert removed.data["attributes"]["state"] == "removed"
    room.looks()
    assert room.states() == ["offered", "removed"]
    assert room.team.post(f"/v1/waiting-list-entries/{second}/remove").status == 409


def test_an_account_leaves_and_joins_again_at_the_end(room: WaitingRoom) -> None:
    ada = room.person()
    first = room.joins(ada)
    assert room.join(ada).status == 409
    second = room.joins(room.person())
    assert room.person().post(f"/v1/waiting-list-entries/{first}/leave").status == 404
    assert room.team.post(f"/v1/waiting-list-entries/{first}/leave").status == 403
    assert ada.post(f"/v1/waiting-list-entries/{first}/leave").data["attributes"]["state"] == "left"
    assert room.stock()["waiting"] == 1
    again = room.joins(ada)
    assert ada.get(f"/v1/waiting-list-entries/{again}").data["attributes"]["place"] == 2
    assert room.entry(second)["state"] == "waiting"


def test_nobody_is_told_who_waits_and_nobody_keeps_an_address(room: WaitingRoom) -> None:
    account = stored(make_user)
    waits = {"name": "X", "email": account.email}
    assert room.join(None, **waits).status == 200
    assert room.states() == ["unverified"]
    assert room.stock()["waiting"] == 0, "an address that is not verified does not count"
    entry = room.joins(room.client.signed_in_as(account))
    assert room.states() == ["waiting"]
    again = room.join(None, **waits)
    assert (again.status, again.json) == (200, {"state": "unverified", "entry": None})
    assert room.entry(entry)["name"] != "X"
    assert room.client.get(f"/v1/waiting-list-entries/{entry}").status == 404
    assert room.person().get(f"/v1/events/{room.event.id}/waiting-list-entries").status == 404


def test_it_is_off_unless_the_team_switches_it_on(client: Client, database: TestDatabase, pump: Pump) -> None:
    room = WaitingRoom(client, database, pump, is_waiting_list_enabled=False)
    assert room.join(room.person()).status == 409
    room.set(**{"is-waiting-list-enabled": True})
    entry = room.joins(room.person())
    room.set(**{"is-waiting-list-enabled": False})
    room.cancel()
    assert room.available() == 1, "nothing is kept for a line that is off"
    room.looks()
    assert room.entry(entry)["state"] == "waiting"
    room.set(**{"is-waiting-list-enabled": True})
    room.looks()
    assert room.entry(entry)["state"] == "offered"


@pytest.mark.parametrize(
    ("sent", "status", "pointer"),
    [
        ({"quantity": 0}, 422, "/quantity"),
        ({"quantity": 21}, 422, "/quantity"),
        ({"quantity": 3}, 422, "/quantity"),
        ({"tickets": []}, 422, "/tickets"),
        ({"tickets": [10**9]}, 422, "/tickets/0"),
        ({"tickets": ["a"]}, 422, "/tickets/0"),
        ({"takes-fewer": "maybe"}, 422, "/takes-fewer"),
        ({"wish": 1}, 422, "/wish"),
        ({"email": "x"}, 422, "/email"),
        ({"name": " "}, 422, "/name"),
    ],
)  # fmt: skip
def test_what_is_no_wish_is_refused(
    room: WaitingRoom, sent: dict[str, Any], status: int, pointer: str
) -> None:
    body = {"name": "Grace", "email": "grace@example.org", **sent}
    reply = room.join(None, **body)
    assert (reply.status, reply.errors[0]["source"].get("pointer")) == (status, pointer)
    assert room.states() == []


def test_who_may_not_buy_may_not_wait(room: WaitingRoom) -> None:
    assert room.join(None).status == 401
    assert room.join(room.person(), email="x@example.org").status == 422
    room.set(**{"is-guest-checkout-enabled": False})
    assert room.join(None, name="Grace", email="grace@example.org").errors[0]["code"] == "guest-checkout-off"
    hidden = room.sold_out(1, is_hidden=True)
    assert room.join(room.person(), hidden).status == 422
    early = room.sold_out(1)
    room.database.run(
        "UPDATE tickets SET sales_starts_at = now() + interval '1 hour' WHERE id = :id", id=early.id
    )
    assert room.join(room.person(), early).status == 409
    open_one = stored(make_ticket, event=room.event, quantity=5)
    assert room.join(room.person(), open_one).status == 409, "there are some"
    assert room.join(room.person(), tickets=None).status == 409, "of any kind"


def test_who_deletes_the_account_waits_no_more(room: WaitingRoom) -> None:
    account = stored(make_user)
    who = room.client.signed_in_as(account)
    room.joins(who)
    behind = room.joins(room.person())
    room.cancel()
    room.looks()
    assert room.states() == ["offered", "waiting"]
    assert who.delete(f"/v1/users/{account.id}").status == 200
    room.looks()
    assert room.states() == ["offered"]
    assert room.entry(behind)["state"] == "offered"


def test_a_kind_that_is_held_for_somebody_is_not_deleted(room: WaitingRoom) -> None:
    room.joins(room.person())
    room.cancel(2)
    room.looks()
    assert room.states() == ["offered"]
    assert room.team.delete(f"/v1/tickets/{room.ticket.id}").status == 403
