"""The waiting list under attack: who says they wait, by which address, for what is gone, and with odd numbers."""

import pytest

from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.waiting_room import WaitingRoom
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


@pytest.fixture
def room(client: Client, database: TestDatabase, pump: Pump) -> WaitingRoom:
    return WaitingRoom(client, database, pump)


@pytest.mark.parametrize("offer", ["9" * 30, "0", "-1", "1.5", "x" * 200, "9223372036854775808"])
def test_an_offer_that_is_none_is_not_found(room: WaitingRoom, offer: str) -> None:
    for path in ("create-order", "calculate-amount"):
        sent = {"tickets": [{"id": room.ticket.id, "quantity": 1}], "waiting-list-offer": offer}
        reply = room.person().post(f"/v1/orders/{path}", sent, content_type="application/json")
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (404, "/waiting-list-offer"), (
            reply.text
        )


def test_who_types_an_address_of_others_waits_for_nobody(room: WaitingRoom) -> None:
    """An account whose address is not verified has the same right to it as anybody who types it: none."""
    email = f"victim{room.event.id}@example.org"
    mallory = room.client.signed_in_as(stored(make_user, email=email, is_verified=False))
    assert room.join(mallory).json["state"] == "unverified"
    assert room.answer("confirm", room.key(email)).json["state"] == "waiting"
    room.cancel()
    room.looks()
    (id,) = (
        row["id"]
        for row in room.database.rows(
            "SELECT id FROM waiting_list_entries WHERE event_id = :id", id=room.event.id
        )
    )
    assert room.entry(id)["state"] == "offered"
    assert mallory.get(f"/v1/waiting-list-entries/{id}").status == 404
    assert mallory.post(f"/v1/waiting-list-entries/{id}/leave").status == 404
    assert room.order(mallory, str(id)).status == 404


def test_an_account_that_is_deleted_leaves_no_entry_of_its_address(room: WaitingRoom) -> None:
    account = stored(make_user, is_verified=True)
    room.guest_joins(account.email)
    assert room.client.signed_in_as(account).delete(f"/v1/users/{account.id}").status == 200
    room.looks()
    assert room.states() == []


def test_an_account_waits_once_whatever_its_address_is(room: WaitingRoom) -> None:
    account = stored(make_user, is_verified=True)
    entry = room.joins(room.client.signed_in_as(account))
    new = f"new{room.event.id}@example.org"
    room.database.run("UPDATE users SET email = :email WHERE id = :id", email=new, id=account.id)
    who = room.client.signed_in_as(account)
    assert room.join(who).status == 409
    room.cancel()
    assert any("/waiting-list#key=" in mail["text"] for mail in room.mails_to(new)), (
        "mailed where they are now"
    )
    assert room.order(who, str(entry)).status == 200


def test_who_waits_for_a_kind_that_is_deleted_is_told(room: WaitingRoom) -> None:
    other = stored(make_ticket, event=room.event, quantity=0)
    email = stored(make_user, is_verified=True).email
    key = room.guest_joins(email, other)
    both = room.guest_joins(f"both{room.event.id}@example.org", tickets=[other.id, room.ticket.id])
    assert room.team.delete(f"/v1/tickets/{other.id}").status == 200
    room.pump.tick("sweep_outbox")
    room.looks()
    assert room.answer("show", key).json["state"] == "removed"
    assert (
        "ended" in room.mails_to(email)[-1]["subject"].lower()
        or "waiting" in room.mails_to(email)[-1]["subject"].lower()
    )
    shown = room.answer("show", both).json
    assert (shown["state"], [each["id"] for each in shown["tickets"]]) == ("waiting", [room.ticket.id])


def test_nothing_of_a_deleted_event_is_claimed(room: WaitingRoom) -> None:
    who = room.person()
    entry = room.joins(who)
    room.cancel()
    room.looks()
    assert room.states() == ["offered"]
    staff = room.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    assert staff.delete(f"/v1/events/{room.event.id}").status == 200
    assert room.order(who, str(entry)).status == 404


def test_an_event_that_is_a_draft_for_a_while_keeps_its_offers(room: WaitingRoom) -> None:
    who = room.person()
    entry = room.joins(who)
    room.cancel()
    room.looks()
    room.set(state="draft")
    assert room.order(who, str(entry)).status == 404
    room.set(state="published")
    assert room.order(who, str(entry)).status == 200


def test_who_orders_fewer_than_they_wait_for_waits_on_for_the_rest(room: WaitingRoom) -> None:
    account = stored(make_user)
    ada = room.client.signed_in_as(account)
    first = room.joins(ada, quantity=2, **{"takes-fewer": True})
    second = room.joins(room.person())
    room.cancel()
    room.looks()
    assert room.entry(first)["offered_quantity"] == 1
    (mail,) = (mail for mail in room.mails_to(account.email) if "held for you" in mail["subject"])
    assert "wait on for the other 1" in mail["text"]
    assert room.order(ada, str(first)).status == 200
    room.looks()
    mine = ada.get(f"/v1/events/{room.event.id}/waiting-list-entries")
    assert mine.status == 404, "lists are the team's"
    (rest,) = room.database.rows(
        "SELECT id, quantity, state FROM waiting_list_entries WHERE event_id = :id AND id > :second",
        id=room.event.id,
        second=second,
    )
    assert (rest["quantity"], rest["state"]) == (1, "waiting")
    seen = ada.get(f"/v1/waiting-list-entries/{rest['id']}").data["attributes"]
    assert (seen["place"], seen["joined-at"]) == (
        1,
        ada.get(f"/v1/waiting-list-entries/{first}").data["attributes"]["joined-at"],
    )
    assert room.join(ada).status == 409, "they wait already"
    room.cancel()
    room.looks()
    assert (room.entry(rest["id"])["state"], room.entry(second)["state"]) == ("offered", "waiting")
    assert room.order(ada, str(rest["id"])).status == 200
    assert room.stock() == {"capacity": 2, "taken": 2, "waiting": 1, "reserved": 0}


def test_who_declines_fewer_waits_no_more(room: WaitingRoom) -> None:
    key = room.guest_joins(f"few{room.event.id}@example.org", quantity=2, **{"takes-fewer": True})
    room.cancel()
    room.looks()
    assert room.answer("decline", key).json == {"state": "declined"}
    room.looks()
    assert room.states() == ["declined"]


def test_a_guest_signs_up_with_an_offer_where_the_event_sells_to_accounts_alone(room: WaitingRoom) -> None:
    email = f"later{room.event.id}@example.org"
    room.guest_joins(email)
    room.set(**{"is-guest-checkout-enabled": False})
    room.cancel()
    offer = room.key(email)
    assert "sign up" in room.mails_to(email)[-1]["text"]
    assert room.answer("show", offer).json["offer"]["needs-account"] is True
    refused = room.order(room.client, offer, buyer={"name": "Grace", "email": email})
    assert (refused.status, refused.errors[0]["code"]) == (403, "guest-checkout-off")
    assert "sign up" in refused.errors[0]["detail"]
    mallory = stored(make_user, is_verified=False)
    assert room.order(room.client.signed_in_as(mallory), offer).status == 403
    account = stored(make_user, email=email, is_verified=False)
    grace = room.client.signed_in_as(account)
    entry = room.database.one("SELECT id FROM waiting_list_entries WHERE event_id = :id", id=room.event.id)
    assert room.order(grace, str(entry)).status == 404, "the id proves nothing"
    made = room.order(grace, offer)
    assert made.status == 200, made.text
    known = "SELECT is_verified FROM users WHERE id = :id"
    assert room.database.one(known, id=account.id) is True, "the mailed secret has shown that it is theirs"
    assert room.database.one(known, id=mallory.id) is False
