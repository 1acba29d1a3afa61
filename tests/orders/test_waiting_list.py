"""Waiting lists: joining, offers that hold places, claiming them, and nobody getting ahead of the line."""

import pytest

from tests.factories import stored
from tests.factories.user import make_user
from tests.orders.waiting_room import WaitingRoom
from tests.support.databases import TestDatabase
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
