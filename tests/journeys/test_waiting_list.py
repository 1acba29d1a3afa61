"""The waiting list, over HTTP to the running system: from a sold-out ticket to the purchase, with and without account."""

import re
from typing import Any

from tests.journeys.test_buying_as_guest import Fair, Guest
from tests.journeys.test_orders import PLAIN, Person
from tests.support.running_system import RunningSystem, WireReply, eventually


class Waiting(Guest):
    """A guest who waits."""

    def link(self, nth: int) -> str:
        """The secret in the nth mail about the waiting list, once it has come."""

        def keys() -> list[str]:
            mine = [mail["text"] for mail in self.system.mails(self.email)]
            return [key for text in mine for key in re.findall(r"/waiting-list#key=(\S+)", text)]

        return str(eventually(lambda: keys()[nth:], "the mail about the waiting list")[0])

    def answer(self, verb: str, key: str) -> WireReply:
        path = f"/v1/waiting-list-entries/{verb}"
        return self.system.ask("POST", path, {"data": {"token": key}}, media_type=PLAIN)


def test_from_the_waiting_list_to_the_purchase(system: RunningSystem) -> None:
    fair = Fair(system, "paula")
    switched = {"is-waiting-list-enabled": True, "waiting-list-offer-hours": 2}
    assert fair.owner.change("event", fair.event, **switched).status == 200
    small = fair.ticket(name="Corner", type="free", quantity=2)
    first = Guest(system, "gustav")
    sold = [first.order(small), Guest(system, "gisela").order(small)]
    ada, grace = Person(system, "waiting-ada"), Waiting(system, "grace")
    entry = joins(ada, fair.event, small).json
    assert entry["state"] == "waiting"
    body = {"tickets": [small], "name": "Grace Hopper", "email": grace.email}
    path = f"/v1/events/{fair.event}/waiting-list"
    assert system.ask("POST", path, body, media_type=PLAIN).json == {"state": "unverified", "entry": None}
    key = grace.link(0)
    assert grace.answer("confirm", key).json["place"] == 2

    for order in sold:
        assert fair.owner.change("order", order["id"], status="cancelled").status == 200
    offer = grace.link(1)
    told = grace.answer("show", offer).json
    assert (told["state"], told["offer"]["name"], told["offer"]["quantity"]) == ("offered", "Corner", 1)
    assert buys(Person(system, "waiting-mallory"), small).status == 409, "both are held"
    claimed = grace_buys(grace, small, offer)
    assert claimed.status == 200, claimed.body
    assert grace.answer("show", offer).json["state"] == "claimed"

    bought = buys(ada, small, entry["entry"])
    assert bought.status == 200, bought.body
    seen = ada.ask("GET", f"/v1/waiting-list-entries/{entry['entry']}").json["data"]["attributes"]
    assert (seen["state"], seen["place"]) == ("claimed", None)
    listed = fair.owner.ask("GET", f"/v1/events/{fair.event}/waiting-list-entries").json["data"]
    assert [row["attributes"]["state"] for row in listed] == ["claimed", "claimed"]


def joins(who: Person, event: str, ticket: str) -> WireReply:
    reply = who.ask("POST", f"/v1/events/{event}/waiting-list", {"tickets": [ticket]}, media_type=PLAIN)
    assert reply.status == 200, reply.body
    return reply


def buys(who: Person, ticket: str, offer: str | None = None) -> WireReply:
    body: dict[str, Any] = {"tickets": [{"id": ticket, "quantity": 1}], "waiting-list-offer": offer}
    return who.ask("POST", "/v1/orders/create-order", body, media_type=PLAIN)


def grace_buys(grace: Guest, ticket: str, offer: str) -> WireReply:
    body = {
        "tickets": [{"id": ticket, "quantity": 1}],
        "buyer": {"name": "Grace Hopper", "email": grace.email},
        "waiting-list-offer": offer,
    }
    return grace.ask("POST", "/v1/orders/create-order", body, media_type=PLAIN)
