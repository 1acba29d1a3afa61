"""Tickets from the first click to the door, told over HTTP to the running system: free ones, and by transfer."""

from datetime import timedelta
from secrets import token_hex
from typing import Any

from chalicelib import clock
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.support.running_system import RunningSystem, WireReply, eventually, mailed_token, verify

PLAIN = "application/json"
PASSWORD = "correct horse battery"
NOON = "2031-05-02T12:00:00+00:00"


class Person:
    """Somebody who has signed up and verified their address, which nobody else on the system has."""

    def __init__(self, system: RunningSystem, name: str) -> None:
        self.system, self.email, self.token = system, f"{name}.{token_hex(3)}@fair.example.org", ""
        self.create("user", {"email": self.email, "password": PASSWORD})
        verify(system, self.email)
        sent = {"email": self.email, "password": PASSWORD}
        self.token = self.said(self.ask("POST", "/v1/auth/login", sent, media_type=PLAIN))["access_token"]

    def ask(self, method: str, path: str, body: object = None, **options: Any) -> WireReply:
        """One request as this person."""
        return self.system.ask(method, path, body, token=self.token, **options)

    @staticmethod
    def said(reply: WireReply) -> Any:
        """The answer's JSON; what is refused is a failure."""
        assert reply.status in {200, 201}, reply.body
        return reply.json

    def create(self, type_: str, attributes: dict[str, Any], **links: tuple[str, str]) -> Any:
        """A resource, as answered."""
        relationships = {name: {"data": {"type": type, "id": id}} for name, (type, id) in links.items()}
        data = {"type": type_, "attributes": attributes, "relationships": relationships}
        return self.said(self.ask("POST", f"/v1/{type_}s", {"data": data}))["data"]

    def change(self, type_: str, id: str, **attributes: Any) -> WireReply:
        """PATCH a resource."""
        sent = {name.replace("_", "-"): value for name, value in attributes.items()}
        return self.ask(
            "PATCH", f"/v1/{type_}s/{id}", {"data": {"type": type_, "id": id, "attributes": sent}}
        )

    def read(self, path: str) -> Any:
        """A document's data."""
        return self.said(self.ask("GET", path))["data"]

    def order(self, ticket: str, quantity: int) -> tuple[str, list[str]]:
        """Hold tickets; the order's id and those of its attendees."""
        body = {"tickets": [{"id": ticket, "quantity": quantity}]}
        held = self.said(self.ask("POST", "/v1/orders/create-order", body, media_type=PLAIN))["data"]
        people = self.read(f"/v1/orders/{held['attributes']['identifier']}/attendees")
        return held["id"], sorted(person["id"] for person in people)

    def mailed_token(self) -> str:
        """The token in the latest mail with one."""
        return mailed_token(self.system, self.email)


class Fair:
    """In the running system, an event that sells a free and a paid ticket, and its people."""

    def __init__(self, system: RunningSystem) -> None:
        self.owner, self.buyer, self.door = (Person(system, name) for name in ("olga", "bert", "rita"))
        self.event = self.owner.create(
            "event",
            {
                "name": "Lantern Fair",
                "state": "published",
                "timezone": "Europe/Berlin",
                "starts-at": "2031-05-02T09:00:00+00:00",
                "ends-at": "2031-05-03T18:00:00+00:00",
                "can-pay-by-bank": True,
                "bank-details": "DE02 1203 0000 0000 2020 51",
                "payment-currency": "EUR",
            },
        )["id"]
        self.free = self.ticket(name="Garden", type="free", quantity=3)
        self.paid = self.ticket(name="Hall", type="paid", price=25, quantity=2, **{"is-fee-absorbed": True})
        roles = self.owner.read("/v1/roles")
        registrar = next(role["id"] for role in roles if role["attributes"]["name"] == "registrar")
        self.owner.create(
            "role-invite",
            {"email": self.door.email, "role-name": "registrar"},
            event=("event", self.event),
            role=("role", registrar),
        )
        self.invited()

    def ticket(self, **attributes: Any) -> str:
        """A ticket that is on sale; its id."""
        times = {"sales-starts-at": "2020-01-01T00:00:00Z", "sales-ends-at": "2031-05-01T00:00:00Z"}
        made = self.owner.create("ticket", {**attributes, **times}, event=("event", self.event))
        return str(made["id"])

    def invited(self) -> None:
        """Rita lets people in."""

        def accepted() -> bool:
            token = {"data": {"token": self.door.mailed_token()}}
            path = "/v1/role_invites/accept-invite"
            return self.door.ask("POST", path, token, media_type=PLAIN).status == 200

        eventually(accepted, "the invitation")


def test_tickets_are_ordered_paid_cancelled_and_shown_at_the_door(system: RunningSystem) -> None:
    told = Fair(system)
    buy_for_nothing(told)
    call_it_off(told, *buy_by_transfer(told))
    order, people = buy_by_transfer(told)
    come_in(told, people[0])
    assert told.buyer.change("order", order, status="cancelled").status == 409  # one place was used


def buy_for_nothing(told: Fair) -> None:
    buyer = told.buyer
    order, people = buyer.order(told.free, 2)
    unnamed = buyer.change("order", order, status="completed")
    assert (unnamed.status, len(unnamed.json["errors"])) == (422, 2)  # the form asks for their addresses
    for number, person in enumerate(people):
        named = {"firstname": "Guest", "lastname": str(number), "email": f"guest{number}@example.org"}
        assert buyer.change("attendee", person, **named).status == 200
    done = buyer.said(buyer.change("order", order, status="completed"))["data"]["attributes"]
    assert (done["status"], done["amount"], done["paid-via"]) == ("completed", 0, "free")
    assert done["completed-at"]


def buy_by_transfer(told: Fair) -> tuple[str, list[str]]:
    buyer, owner = told.buyer, told.owner
    order, people = buyer.order(told.paid, 2)
    sold_out = {"tickets": [{"id": told.paid, "quantity": 1}]}
    assert owner.ask("POST", "/v1/orders/create-order", sold_out, media_type=PLAIN).status == 409
    for person in people:
        assert buyer.change("attendee", person, firstname="Bert", email=buyer.email).status == 200
    assert buyer.change("order", order, status="placed", payment_mode="cheque").status == 422
    placed = buyer.said(buyer.change("order", order, status="placed", payment_mode="bank"))
    assert placed["data"]["attributes"]["amount"] == 50
    assert buyer.change("order", order, status="completed").status == 403
    paid = owner.said(owner.change("order", order, status="completed"))["data"]["attributes"]
    assert (paid["status"], paid["paid-via"]) == ("completed", "bank")
    return order, people


def come_in(told: Fair, person: str) -> None:
    text = told.buyer.read(f"/v1/attendees/{person}")["attributes"]["qr-code-text"]
    search = told.door.ask("GET", f"/v1/events/{told.event}/attendees/search?q={text}")
    assert [str(item["id"]) for item in search.json] == [person]
    arrival = {"is_checked_in": True, "checkin_times": NOON, "device_name_checkin": "Gate 1"}
    told.door.said(told.door.change("attendee", person, **arrival))
    # What the scanner sends twice is noted once.
    noted = told.door.said(told.door.change("attendee", person, **arrival))["data"]["attributes"]
    assert (noted["is-checked-in"], noted["checkin-times"]) == (True, NOON)
    gone = told.door.said(told.door.change("attendee", person, is_checked_out=True))["data"]["attributes"]
    assert gone["checkout-times"]


def call_it_off(told: Fair, order: str, people: list[str]) -> None:
    assert told.owner.change("order", order, status="cancelled").status == 403  # it is paid for
    assert told.buyer.change("order", order, status="cancelled").status == 200
    assert told.door.change("attendee", people[1], is_checked_in=True, checkin_times=NOON).status == 404
    assert told.owner.change("order", order, status="placed").status == 403
    again, _ = told.buyer.order(told.paid, 2)  # the places are free again
    assert told.buyer.change("order", again, status="cancelled").status == 200


def test_what_is_not_finished_in_time_is_sold_to_somebody_else(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    slow, quick = (client.signed_in_as(stored(make_user)) for _ in range(2))
    ticket = stored(make_ticket, event=stored(make_event), quantity=1)
    body = {"tickets": [{"id": ticket.id, "quantity": 1}]}
    held = slow.post("/v1/orders/create-order", body).data
    address = f"/v1/orders/{held['attributes']['identifier']}"
    assert quick.post("/v1/orders/create-order", body).status == 409
    with clock.shifted(timedelta(minutes=15, seconds=10)):
        pump.tick("sweep_outbox")
        pump.everything()
        assert slow.get(address).data["attributes"]["status"] == "expired"
        assert slow.get(f"{address}/attendees").data == []
        late = {"data": {"type": "order", "id": held["id"], "attributes": {"status": "completed"}}}
        refused = slow.patch(address, late)
        assert refused.status == 403
        assert "from expired to completed" in refused.errors[0]["detail"]
        mine = quick.post("/v1/orders/create-order", body).data
        done = {"data": {"type": "order", "id": mine["id"], "attributes": {"status": "completed"}}}
        assert quick.patch(f"/v1/orders/{mine['id']}", done).status == 200
    with clock.shifted(timedelta(hours=2)):
        pump.tick("sweep_outbox")
        pump.everything()
    assert database.rows("SELECT status FROM orders ORDER BY id") == [
        {"status": "expired"},
        {"status": "completed"},
    ]
    assert pump.waiting()["dead"] == 0
