"""Tickets without an account, told over HTTP to the running system: free ones and paid ones, by link and claim."""

import json
import re
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

from tests.journeys.test_orders import PASSWORD, PLAIN, Person
from tests.support.running_system import RunningSystem, WireReply, eventually, send, verify


class Guest:
    """Somebody without an account, with an address."""

    def __init__(self, system: RunningSystem, name: str) -> None:
        self.system, self.email, self.token = system, f"{name}@guests.example.org", ""

    def ask(self, method: str, path: str, body: object = None, **options: Any) -> WireReply:
        """One request, with the token of the order's link if there is one."""
        return self.system.ask(method, path, body, token=self.token, **options)

    def change(self, type_: str, id: str, **attributes: Any) -> WireReply:
        """PATCH a resource."""
        sent = {"data": {"type": type_, "id": id, "attributes": attributes}}
        return self.ask("PATCH", f"/v1/{type_}s/{id}", sent)

    def order(self, ticket: str, quantity: int = 1) -> dict[str, Any]:
        """An order whose attendees are named."""
        buyer = {"name": "Gale Storm", "email": self.email}
        body = {"tickets": [{"id": ticket, "quantity": quantity}], "buyer": buyer}
        made = self.ask("POST", "/v1/orders/create-order", body, media_type=PLAIN)
        assert made.status == 200, made.body
        order: dict[str, Any] = made.json["data"]
        self.token = made.json["meta"]["access_token"]
        for person in self.ask("GET", f"/v1/orders/{order['id']}/attendees").json["data"]:
            assert self.change("attendee", person["id"], firstname="Gale", email=self.email).status == 200
        return order

    def mailed_keys(self) -> list[str]:
        """The secrets of the links that were mailed, in the order of the mails."""
        mine = [mail["text"] for mail in self.system.mails(self.email)]
        return [key for text in mine for key in re.findall(r"#key=(\S+)", text)]

    def unlock(self, key: str) -> WireReply:
        """Exchange the secret of a link, and use the token from then on."""
        sent = {"data": {"token": key}}
        reply = self.system.ask("POST", "/v1/orders/open-link", sent, media_type=PLAIN)
        if reply.status == 200:
            self.token = reply.json["access_token"]
        return reply


class Fair:
    """An event that sells a free ticket and one that is paid by Stripe."""

    def __init__(self, system: RunningSystem, owner: str = "petra") -> None:
        self.owner = Person(system, owner)
        self.event = self.owner.create(
            "event",
            {
                "name": "Kite Fair",
                "state": "published",
                "timezone": "Europe/Berlin",
                "starts-at": "2031-05-02T09:00:00+00:00",
                "ends-at": "2031-05-03T18:00:00+00:00",
                "can-pay-by-stripe": True,
                "payment-currency": "EUR",
            },
        )["id"]
        code = {"stripe-auth-code": f"ac_kites_{self.event}"}
        self.owner.create("stripe-authorization", code, event=("event", self.event))
        self.free = self.ticket(name="Field", type="free", quantity=5)
        self.paid = self.ticket(name="Stand", type="paid", price=25, quantity=5)

    def ticket(self, **attributes: Any) -> str:
        """A ticket that is on sale; its id."""
        times = {"sales-starts-at": "2020-01-01T00:00:00Z", "sales-ends-at": "2031-05-01T00:00:00Z"}
        return str(self.owner.create("ticket", {**attributes, **times}, event=("event", self.event))["id"])


def test_guests_buy_pay_revoke_and_claim(system: RunningSystem) -> None:
    fair = Fair(system)
    gale, order = buys_for_nothing(system, fair)
    misty, paid = pays_by_card(system, fair)
    every_way_in_is_refused(gale, paid)
    every_way_in_is_refused(misty, order)
    revokes(gale, order)
    claims(system, misty, paid)


def buys_for_nothing(system: RunningSystem, fair: Fair) -> tuple[Guest, dict[str, Any]]:
    gale = Guest(system, "gale")
    order = gale.order(fair.free, 2)
    unproven = gale.change("order", order["id"], status="completed")
    assert (unproven.status, unproven.json["errors"][0]["code"]) == (403, "unverified-user")
    assert gale.unlock(eventually(gale.mailed_keys, "the mail with the link")[-1]).status == 200
    assert gale.change("order", order["id"], status="completed").status == 200
    eventually(lambda: len(gale.mailed_keys()) == 2, "the mail with the tickets")
    assert papers(gale, order["id"], "tickets-pdf").startswith(b"%PDF")
    return gale, order


def pays_by_card(system: RunningSystem, fair: Fair) -> tuple[Guest, dict[str, Any]]:
    misty = Guest(system, "misty")
    order = misty.order(fair.paid)
    address = f"/v1/orders/{order['attributes']['identifier']}"
    charge = {"data": {"type": "charge", "attributes": {"stripe": None}}}
    charged = misty.ask("POST", f"{address}/charge", charge)
    assert charged.status == 200, charged.body
    intent = json.loads(charged.json["data"]["attributes"]["message"])
    stripe = system.variables()["STRIPE_API_URL"]
    card = urlencode({"client_secret": intent["client_secret"], "payment_method": "pm_card_visa"}).encode()
    url = f"{stripe}/v1/payment_intents/{intent['id']}/confirm"
    assert send(Request(url, card, method="POST")).status == 200
    verified = misty.ask("POST", f"{address}/verify", media_type=PLAIN)
    assert verified.json == {"payment_status": "completed"}, verified.body
    eventually(lambda: len(misty.mailed_keys()) == 2, "the mail with the tickets")
    assert misty.unlock(misty.mailed_keys()[-1]).status == 200  # another day, from the mail
    shown = misty.ask("GET", f"{address}?include=payments,attendees,event").json
    assert {resource["type"] for resource in shown["included"]} == {"payment", "attendee", "event"}
    return misty, order


def papers(guest: Guest, order: str, name: str) -> bytes:
    """A document of the order, from the address that we are sent to."""
    url = f"{guest.system.address}/v1/orders/{order}/{name}"

    def document() -> bytes:
        reply = send(Request(url, headers={"Authorization": f"Bearer {guest.token}"}))
        return reply.body if reply.status == 200 else b""

    return bytes(eventually(document, "the document"))


def every_way_in_is_refused(guest: Guest, order: dict[str, Any]) -> None:
    """Another order's link opens nothing of this one."""
    id, identifier = order["id"], order["attributes"]["identifier"]
    for method, path, body in (
        ("GET", f"/v1/orders/{id}", None),
        ("GET", f"/v1/orders/{identifier}", None),
        ("GET", f"/v1/orders/{id}/attendees", None),
        ("GET", f"/v1/orders/{id}/payments", None),
        ("GET", f"/v1/orders/{id}/tickets-pdf", None),
        ("GET", f"/v1/tickets/{identifier}", None),
        ("GET", f"/v1/orders/invoices/{identifier}", None),
        ("POST", f"/v1/orders/{id}/charge", {"data": {"type": "charge"}}),
        ("POST", f"/v1/orders/{id}/verify", None),
        ("DELETE", f"/v1/orders/{id}/links", None),
        ("PATCH", f"/v1/orders/{id}", {"data": {"type": "order", "id": id, "attributes": {}}}),
        ("DELETE", f"/v1/orders/{id}", None),
    ):
        assert guest.ask(method, path, body).status == 404, (method, path)


def revokes(gale: Guest, order: dict[str, Any]) -> None:
    former = gale.mailed_keys()
    assert gale.ask("DELETE", f"/v1/orders/{order['id']}/links").status == 200
    assert gale.ask("GET", f"/v1/orders/{order['id']}").status == 401
    assert {gale.unlock(key).status for key in former} == {404}
    again = {"data": {"email": gale.email}}
    assert gale.system.ask("POST", "/v1/orders/mail-links", again, media_type=PLAIN).status == 200
    eventually(lambda: len(gale.mailed_keys()) > len(former), "the mail with a new link")
    assert gale.unlock(gale.mailed_keys()[-1]).status == 200
    assert gale.change("order", order["id"], status="cancelled").status == 200


def claims(system: RunningSystem, misty: Guest, order: dict[str, Any]) -> None:
    sent = {"data": {"type": "user", "attributes": {"email": misty.email, "password": PASSWORD}}}
    assert system.ask("POST", "/v1/users", sent).status == 201

    def signed_in() -> str:
        said = {"email": misty.email, "password": PASSWORD}
        return str(system.ask("POST", "/v1/auth/login", said, media_type=PLAIN).json["access_token"])

    address = f"/v1/orders/{order['id']}"
    assert system.ask("GET", address, token=signed_in()).status == 404  # anybody may type an address

    verify(system, misty.email)
    mine = system.ask("GET", address, token=signed_in())
    assert mine.json["data"]["attributes"]["status"] == "completed"
    assert misty.ask("GET", address).status == 401
    assert {misty.unlock(key).status for key in misty.mailed_keys()} == {404}
