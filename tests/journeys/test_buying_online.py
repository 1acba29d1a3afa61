"""Tickets that are paid online, from connecting an account to the last refund, on the running system."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

from chalicelib import clock
from devstack.stripe_stand_in import StripeStandIn
from tests.journeys.test_orders import Person
from tests.payments.conftest import counter, localstripe, stripe
from tests.payments.test_settlement import expire, mails_of, pay
from tests.support.documents import document
from tests.support.payments import Counter
from tests.support.running_system import RunningSystem, WireReply, eventually, send

__all__ = ["counter", "localstripe", "stripe"]
PLAIN = "application/json"


class Hall:
    """In the running system, an event that is paid by Stripe, by an account that its owner connects."""

    def __init__(self, system: RunningSystem) -> None:
        self.stripe = system.variables()["STRIPE_API_URL"]
        self.owner, self.buyer = Person(system, "hanna"), Person(system, "boris")
        begins = clock.now() + timedelta(days=60)
        self.event = self.owner.create(
            "event",
            {
                "name": "Echo Hall",
                "state": "published",
                "timezone": "Europe/Berlin",
                "starts-at": begins.isoformat(),
                "ends-at": (begins + timedelta(days=1)).isoformat(),
                "can-pay-by-stripe": True,
                "payment-currency": "EUR",
                "payment-country": "DE",
            },
        )["id"]
        times = {"sales-starts-at": "2020-01-01T00:00:00Z", "sales-ends-at": begins.isoformat()}
        seat = {"name": "Seat", "type": "paid", "price": 40, "quantity": 20, "is-fee-absorbed": True, **times}
        self.ticket = self.owner.create("ticket", seat, event=("event", self.event))["id"]

    def connect(self) -> str:
        """The owner connects an account, as Stripe's page sends them back; the authorization's id."""
        begun = self.owner.said(self.owner.ask("GET", f"/v1/events/{self.event}/stripe-connection"))
        assert "client_id=" in begun["url"]
        sent = {"stripe-auth-code": f"ac_{self.event}", "stripe-state": begun["state"]}
        made = self.owner.create("stripe-authorization", sent, event=("event", self.event))
        assert self.owner.read(f"/v1/events/{self.event}")["attributes"]["is-stripe-linked"] is True
        return str(made["id"])

    def order(self, quantity: int = 1) -> str:
        """The buyer holds tickets and names who comes; the order's id."""
        order, people = self.buyer.order(self.ticket, quantity)
        for number, person in enumerate(people):
            named = {"firstname": "Guest", "lastname": str(number), "email": f"guest{number}@example.org"}
            assert self.buyer.change("attendee", person, **named).status == 200
        return order

    def charge(self, order: str) -> Any:
        """The buyer asks to pay; the PaymentIntent that Stripe's script gets."""
        sent = {"data": {"type": "charge", "attributes": {"stripe": None}}}
        told = self.buyer.said(self.buyer.ask("POST", f"/v1/orders/{order}/charge", sent))
        assert told["data"]["attributes"]["status"] is True
        return json.loads(told["data"]["attributes"]["message"])

    def browser(self, intent: Any, step: str = "confirm", **sent: str) -> Any:
        """What Stripe's script in the buyer's browser does; the state afterwards."""
        body = urlencode({**sent, "client_secret": intent["client_secret"]}).encode()
        reply = send(Request(f"{self.stripe}/v1/payment_intents/{intent['id']}/{step}", body, method="POST"))
        return reply.json.get("status")

    def verify(self, order: str) -> str:
        """What the buyer's client is told when it asks."""
        return str(self.buyer.said(self.buyer.ask("POST", f"/v1/orders/{order}/verify"))["payment_status"])

    def status(self, order: str) -> str:
        """The order's state."""
        return str(self.buyer.read(f"/v1/orders/{order}")["attributes"]["status"])

    def refund(self, person: Person, order: str, **sent: Any) -> WireReply:
        """Ask for a refund."""
        return person.ask("POST", f"/v1/orders/{order}/refund", sent, media_type=PLAIN)


def test_tickets_are_paid_online_and_refunded(system: RunningSystem) -> None:
    told = Hall(system)
    refused = told.buyer.ask(
        "POST",
        f"/v1/orders/{told.order()}/charge",
        {"data": {"type": "charge", "attributes": {"stripe": None}}},
    )
    assert (refused.status, b"no Stripe account" in refused.body) == (409, True)
    authorization = told.connect()
    paid = pay_in_every_way(told)
    be_refunded(told, paid)
    be_disputed(told)
    stop(told, authorization)


def pay_in_every_way(told: Hall) -> str:
    # A bank that asks who pays: refused, and then confirmed.
    secure = told.order(2)
    intent = told.charge(secure)
    assert told.browser(intent, payment_method="pm_card_threeDSecure2Required") == "requires_action"
    assert told.verify(secure) == "pending"
    assert told.browser(intent, "authenticate", success="true") == "succeeded"
    assert told.verify(secure) == "completed"
    # A card that is declined, and another one.
    declined = told.order()
    intent = told.charge(declined)
    assert told.browser(intent, payment_method="pm_card_chargeCustomerFail") != "succeeded"
    assert told.verify(declined) == "pending"
    assert told.browser(intent, payment_method="pm_card_visa") == "succeeded"
    assert told.verify(declined) == "completed"
    # A browser that is closed after paying: Stripe tells us.
    closed = told.order()
    assert told.browser(told.charge(closed), payment_method="pm_card_visa") == "succeeded"
    eventually(lambda: told.status(closed) == "completed", "the webhook")
    return secure


def be_refunded(told: Hall, order: str) -> None:
    rule = {"steps": [{"hours-before": 24, "percent": 75}], "fee": 5}
    told.owner.create("refund-rule", rule, event=("event", told.event))
    first, _ = sorted(item["id"] for item in told.buyer.read(f"/v1/orders/{order}/attendees"))
    address = f"/v1/orders/{order}/refund-quote?attendees={first}"
    quote = told.buyer.said(told.buyer.ask("GET", address))
    assert (quote["paid"], quote["amount"], quote["kept"]) == (40, 25, 15)
    made = told.buyer.said(told.refund(told.buyer, order, attendees=[int(first)], quote=quote["quote"]))
    refund = f"/v1/refunds/{made['data']['id']}"
    eventually(lambda: told.buyer.read(refund)["attributes"]["state"] == "succeeded", "the refund")
    assert len(told.buyer.read(f"/v1/orders/{order}/attendees")) == 1
    # The credit note comes with the mail, and can be fetched.
    (note,) = eventually(lambda: told.buyer.read(f"/v1/orders/{order}/credit-notes"), "the credit note")
    assert note["attributes"]["amount"] == 25
    eventually(
        lambda: told.buyer.ask("GET", f"/v1/orders/credit-notes/{note['id']}").body.startswith(b"%PDF"), "it"
    )
    # The organizer refunds all that is left.
    assert told.owner.said(told.refund(told.owner, order))["data"]["attributes"]["amount"] == 55
    assert told.status(order) == "cancelled"
    sums = told.owner.said(told.owner.ask("GET", f"/v1/events/{told.event}/accounting"))["sums"]
    assert (sums[0]["payments"], sums[0]["paid"], sums[0]["refunded"]) == (3, 160, 80)


def be_disputed(told: Hall) -> None:
    order = told.order()
    assert told.browser(told.charge(order), payment_method="pm_card_createDispute") == "succeeded"

    def is_noted() -> bool:
        payments = told.owner.read(f"/v1/orders/{order}/payments")
        return [payment["attributes"].get("dispute") for payment in payments] == ["needs_response"]

    eventually(is_noted, "the dispute")
    assert told.status(order) == "completed"  # the organizer answers it at Stripe


def stop(told: Hall, authorization: str) -> None:
    address = f"/v1/stripe-authorizations/{authorization}"
    order = told.order()
    assert told.charge(order)
    assert told.owner.ask("DELETE", address).status == 409  # somebody is about to pay
    # The event does not take place: everybody gets everything back, and the account is let go.
    assert told.owner.change("event", told.event, state="draft").status == 200
    body = {"note": "The hall is flooded"}
    begun = told.owner.ask("POST", f"/v1/events/{told.event}/refund-all", body, media_type=PLAIN)
    task = told.owner.said(begun)["task_url"]
    eventually(lambda: told.owner.said(told.owner.ask("GET", task))["state"] == "SUCCESS", "the refunds")
    orders = told.owner.read(f"/v1/events/{told.event}/orders?page[size]=0")
    assert {order["attributes"]["status"] for order in orders} == {"cancelled"}

    def is_settled() -> bool:
        (sums,) = told.owner.said(told.owner.ask("GET", f"/v1/events/{told.event}/accounting"))["sums"]
        papers = sums["invoiced"] - sums["credited"]
        return [sums["paid"], sums["under-way"], papers] == [sums["refunded"], 0, 0]

    eventually(is_settled, "the last refund")
    eventually(lambda: told.owner.ask("DELETE", address).status == 200, "the end of the payment")
    assert told.owner.read(f"/v1/events/{told.event}")["attributes"]["is-stripe-linked"] is False


def test_money_that_comes_late(counter: Counter, stripe: StripeStandIn) -> None:
    """The hold has ended: seats are taken again while there are some; else all goes back, with a mail."""
    small = Counter(counter.client, counter.database, stripe, counter.pump, quantity=1)
    order = small.order()
    small.charge(order)
    event = pay(small, order)
    expire(small, order)
    other = small.order()  # the seat is somebody else's for now
    assert small.hear(event) == [200]
    small.pump.everything()
    assert (small.status(order), small.ledger(order)) == ("expired", [("succeeded", 5000, 5000)])
    (mail,) = mails_of(small, "refund")
    assert re.search(r"50\.00 EUR", str(mail))
    cancelled = document("order", {"status": "cancelled"}, other["id"])
    assert small.asking.patch(f"/v1/orders/{other['id']}", cancelled).status == 200
    again = small.order()
    small.charge(again)
    late = pay(small, again)
    expire(small, again)
    assert small.hear(late) == [200]
    small.pump.everything()
    assert (small.status(again), small.ledger(again)) == ("completed", [("succeeded", 5000, 0)])
