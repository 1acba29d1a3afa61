"""Paying online without an account: money comes, goes back and is told of as for everybody."""

import json
from typing import Any

import pytest

from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.user import PASSWORD, make_user
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.payments import CHARGE, Counter

pytestmark = pytest.mark.one_database


@pytest.fixture
def guest(counter: Counter, signs: None) -> Guest:
    return Guest(counter.client, counter.pump, f"guest{counter.event.id}@example.org")


@pytest.fixture
def signs(signals_on: None) -> None:
    """Mails follow."""


def begun(guest: Guest, counter: Counter, number: int = 1) -> tuple[Guest, Any]:
    """A guest whose order is charged, and not paid yet."""
    buyer, order = guest.with_order((counter.ticket, number))
    buyer.names(order)
    charged = buyer.client.post(f"/v1/orders/{order['attributes']['identifier']}/charge", CHARGE)
    assert charged.status == 200, charged.text
    assert charged.data["attributes"]["status"] is True
    assert json.loads(charged.data["attributes"]["message"])["amount"] == 5000 * number
    return buyer, order


def verified(buyer: Guest, order: Any) -> str:
    reply = buyer.client.post(f"/v1/orders/{order['id']}/verify")
    assert reply.status == 200, reply.text
    return str(reply.json["payment_status"])


def test_a_guest_pays_with_the_token_that_the_order_was_answered_with(
    guest: Guest, counter: Counter, stripe: StripeStandIn
) -> None:
    buyer, order = begun(guest, counter, 2)
    key = buyer.client.get(f"/v1/events/{counter.event.id}/stripe-authorization")
    assert key.data["attributes"]["stripe-publishable-key"]
    assert guest.client.get(f"/v1/events/{counter.event.id}/stripe-authorization").status in {401, 404}
    assert verified(buyer, order) == "pending"
    stripe.pay(counter.intent(order))
    assert [verified(buyer, order) for _ in range(2)] == ["completed"] * 2
    (payment,) = buyer.client.get(f"/v1/orders/{order['id']}/payments").data
    assert (payment["attributes"]["amount"], payment["attributes"]["state"]) == (100.0, "succeeded")
    other = Guest(guest.client, guest.pump, f"x{guest.email}").with_order(counter.ticket)[0]
    assert other.client.get(f"/v1/payments/{payment['id']}").status == 404
    assert len(guest.mailed_keys()) == 2  # the link, and the tickets
    subjects = [mail["subject"] for mail in guest.pump.mails() if guest.email in mail["to"]]
    assert any("Your tickets for" in subject for subject in subjects)


def test_the_webhook_completes_the_order_of_a_guest_who_has_gone(
    guest: Guest, counter: Counter, stripe: StripeStandIn
) -> None:
    _, order = begun(guest, counter)
    stripe.pay(counter.intent(order))
    assert set(counter.hear(*stripe.events)) == {200}
    counter.pump.everything()
    assert counter.status(order) == "completed"
    assert len(guest.mailed_keys()) == 2


def test_money_that_comes_too_late_goes_back_and_the_guest_is_told(
    guest: Guest, counter: Counter, stripe: StripeStandIn
) -> None:
    buyer, order = begun(guest, counter)
    assert buyer.moves(order, status="cancelled").status == 200
    stripe.pay(counter.intent(order))
    counter.hear(*stripe.events)
    counter.settle()
    assert counter.ledger(order) == [("succeeded", 5000, 5000)]
    assert (counter.status(order), len(guest.mailed_keys())) == (
        "cancelled",
        3,
    )  # ordered, cancelled, refunded


def test_an_organizer_refunds_a_guest_who_hears_of_it(
    guest: Guest, counter: Counter, stripe: StripeStandIn
) -> None:
    buyer, order = begun(guest, counter, 2)
    stripe.pay(counter.intent(order))
    assert verified(buyer, order) == "completed"
    refused = buyer.client.post(
        f"/v1/orders/{order['id']}/refund", {"amount": 10}, content_type="application/json"
    )
    # As other buyers, guests are refunded what the event's refund rule says.
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/amount")
    assert counter.refund(order, amount=10).status == 200
    counter.settle()
    (refund,) = buyer.client.get(f"/v1/orders/{order['id']}/refunds").data
    assert (refund["attributes"]["amount"], refund["attributes"]["state"]) == (10.0, "succeeded")
    told = [mail for mail in guest.pump.mails() if guest.email in mail["to"]]
    assert any("10.00 EUR" in mail["text"] and "#key=" in mail["text"] for mail in told)
    assert len(guest.mailed_keys()) == len(told) == 3


def test_papers_are_fetched_by_the_link(guest: Guest, counter: Counter, stripe: StripeStandIn) -> None:
    buyer, order = begun(guest, counter)
    stripe.pay(counter.intent(order))
    assert verified(buyer, order) == "completed"
    counter.settle()
    (attendee,) = counter.attendees(order)
    for path in (
        f"/v1/orders/{order['id']}/tickets-pdf",
        f"/v1/tickets/{order['attributes']['identifier']}",
        f"/v1/orders/attendees/{attendee}.pdf",
        f"/v1/orders/invoices/{order['attributes']['identifier']}",
    ):
        fetched = buyer.client.get(path)
        assert fetched.status == 302, (path, fetched.text)
        assert guest.client.get(path).status == 401
        other = Guest(guest.client, guest.pump, f"y{attendee}@example.org")
        assert guest.client.signed_in_as(stored(make_user)).get(path).status == 404
        assert other.with_order(counter.ticket)[0].client.get(path).status == 404
    issued = counter.database.rows(
        "SELECT content->'buyer' AS buyer FROM invoices WHERE order_id = :id", id=int(order["id"])
    )
    assert issued[0]["buyer"]["name"] == "Gale Storm"
    assert issued[0]["buyer"]["email"] == guest.email
    assert buyer.client.get(f"/v1/events/{counter.event.identifier}.ics").status == 200


def test_a_guest_charges_no_order_of_an_account(guest: Guest, counter: Counter) -> None:
    theirs = counter.order()
    buyer, _ = guest.with_order(counter.ticket)
    assert buyer.client.post(f"/v1/orders/{theirs['id']}/charge", document("charge")).status == 404
    assert buyer.client.post(f"/v1/orders/{theirs['id']}/verify").status == 404
    assert counter.ledger(theirs) == []


def test_what_is_claimed_while_it_is_paid_is_completed_for_the_account(
    guest: Guest, counter: Counter, stripe: StripeStandIn
) -> None:
    buyer, order = begun(guest, counter)
    account = stored(make_user, email=guest.email, is_verified=False)
    counter.pump.everything()
    counter.database.run("UPDATE users SET is_verified = true WHERE id = :id", id=account.id)
    said = {"email": guest.email, "password": PASSWORD}
    signed = counter.client.post("/v1/auth/login", said, content_type="application/json")
    assert signed.status == 200, signed.text
    stripe.pay(counter.intent(order))
    assert buyer.client.post(f"/v1/orders/{order['id']}/verify").status == 401
    mine = counter.client.signed_in_as(account)
    assert mine.post(f"/v1/orders/{order['id']}/verify").json["payment_status"] == "completed"
