"""Settlement: whatever becomes of a payment, and however it is heard of, is settled once."""

import time
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, db
from chalicelib.http_client import Deadline
from chalicelib.resources.orders.order import reservations
from chalicelib.resources.orders.payment import charging
from devstack.stand_in_server import Asked, Told
from devstack.stripe_stand_in import StripeStandIn
from tests.support.documents import document
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database
LATER = timedelta(minutes=40)


def pay(counter: Counter, order: Any) -> Any:
    """Pay with a card, and return the event that says so."""
    counter.stripe.pay(counter.intent(order))
    return counter.stripe.events[-1]


def expire(counter: Counter, order: Any) -> None:
    """The order's reservation ends."""
    counter.database.run(
        "UPDATE orders SET expires_at = now() - interval '1 hour' WHERE id = :id", id=int(order["id"])
    )
    with db.transaction() as session:
        assert reservations.expire(session, int(order["id"]))


def mails_of(counter: Counter, words: str) -> list[Any]:
    """The mails to the buyer with these words in the subject."""
    return [
        mail
        for mail in counter.pump.mails()
        if counter.buyer.email in mail["to"] and words in mail["subject"]
    ]


def test_a_closed_browser_and_an_event_twice_complete_the_order_once(counter: Counter) -> None:
    order = counter.order()
    counter.charge(order)
    event = pay(counter, order)
    assert counter.hear(event, event) == [200, 200]
    assert counter.status(order) == "pending"  # the answer does not wait for what follows
    counter.pump.everything()
    assert (counter.status(order), counter.ledger(order)) == ("completed", [("succeeded", 5000, 0)])
    assert counter.verify(order) == "completed"
    counter.hear({**event, "id": "evt_again"})
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 0)]
    assert counter.database.one("SELECT count(*) FROM provider_events WHERE event_id = 'evt_again'") == 1


def test_events_out_of_order_change_nothing_that_is_settled(counter: Counter, stripe: StripeStandIn) -> None:
    order = counter.order()
    counter.charge(order)
    stripe.pay(counter.intent(order), "4000000000000341")
    failed, paid = stripe.events[-1], pay(counter, order)
    assert failed["type"] == "payment_intent.payment_failed"
    for event in (paid, failed):
        counter.hear(event)
        counter.pump.everything()
        assert counter.status(order) == "completed"


def test_forged_old_and_foreign_events_are_refused_or_ignored(
    counter: Counter, stripe: StripeStandIn
) -> None:
    order = counter.order()
    counter.charge(order)
    event = pay(counter, order)
    body, signature = stripe.sign(event)
    address = "/v1/stripe/webhook"

    def sent(body: bytes, signature: str) -> int:
        headers = {"Stripe-Signature": signature}
        return counter.client.post(
            address, body=body, headers=headers, content_type="application/json"
        ).status

    forged = [(body + b" ", signature), (body, signature[:-1] + "x"), (body, ""), (body, "t=1,v1=é")]
    assert [sent(*item) for item in forged] == [403] * 4
    now = int(time.time())
    assert counter.hear(event, at=now - 301) == [403]
    assert counter.hear(event, at=now + 301) == [403]
    for no_event in (
        {"id": 7},
        {**event, "id": "evt_\ud800"},
        {**event, "type": "a\0b"},
        {**event, "account": "\0"},
    ):
        assert sent(*stripe.sign(no_event)) == 400
    heard = "SELECT count(*) FROM provider_events WHERE event_id = :id"
    assert counter.database.one(heard, id=event["id"]) == 0
    # Signed by Stripe, but of another account: it is not about our payment.
    assert counter.hear({**event, "id": "evt_foreign", "account": "acct_other"}) == [200]
    counter.pump.everything()
    assert counter.status(order) == "pending"


def test_late_money_takes_the_seats_again_where_there_are_some(counter: Counter) -> None:
    order = counter.order(2)
    counter.charge(order)
    event = pay(counter, order)
    expire(counter, order)
    assert counter.attendees(order) == []
    counter.hear(event)
    counter.pump.everything()
    assert (counter.status(order), len(counter.attendees(order))) == ("completed", 2)
    assert counter.ledger(order) == [("succeeded", 10000, 0)]


def test_late_money_goes_back_where_the_seats_are_sold(counter: Counter, stripe: StripeStandIn) -> None:
    small = Counter(counter.client, counter.database, stripe, counter.pump, quantity=2)
    order = small.order(2)
    small.charge(order)
    event = pay(small, order)
    expire(small, order)
    small.order(1)
    small.hear(event)
    small.pump.everything()
    assert (small.status(order), small.attendees(order)) == ("expired", [])
    assert small.ledger(order) == [("succeeded", 10000, 10000)]
    (refund,) = small.asking.get(f"/v1/orders/{order['id']}/refunds").data
    assert (refund["attributes"]["state"], refund["attributes"]["reason"]) == ("succeeded", "late")
    assert len(mails_of(small, "refund")) == 1


def test_late_money_for_a_cancelled_order_goes_back(counter: Counter) -> None:
    order = counter.order()
    counter.charge(order)
    event = pay(counter, order)
    sent = document("order", {"status": "cancelled"}, order["id"])
    assert counter.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    counter.hear(event)
    counter.pump.everything()
    assert (counter.status(order), counter.ledger(order)) == ("cancelled", [("succeeded", 5000, 5000)])


def test_who_pays_twice_gets_the_second_payment_back(counter: Counter) -> None:
    order = counter.order()
    counter.charge(order)
    intent = counter.intent(order)
    for asking, values in (
        (counter.asking, {"status": "placed", "payment-mode": "bank"}),
        (counter.organizer, {"status": "completed"}),
    ):
        reply = asking.patch(f"/v1/orders/{order['id']}", document("order", values, order["id"]))
        assert reply.status == 200, reply.text
    counter.stripe.pay(intent)
    counter.hear(counter.stripe.events[-1])
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 5000), ("succeeded", 5000, 0)]
    shown = counter.asking.get(f"/v1/orders/{order['id']}").data["attributes"]
    assert (shown["status"], shown["paid-via"]) == ("completed", "bank")


@pytest.mark.parametrize("crash", ["before the call", "after the call", "after the payment"])
def test_what_a_crash_left_is_found_and_settled(counter: Counter, stripe: StripeStandIn, crash: str) -> None:
    order = counter.order()
    # The request dies with its process: its row is committed, its answer and its settlement are lost.
    call = charging.begin(int(order["id"]))
    if crash != "before the call":
        seen = call.make(Deadline())
        if crash == "after the payment":
            stripe.pay(seen.id)
    assert counter.ledger(order) == [("created", 5000, 0)]
    with clock.shifted(timedelta(minutes=12)):
        counter.settle()
        counter.settle()
    paid = crash == "after the payment"
    assert counter.ledger(order) == [("succeeded" if paid else "open", 5000, 0)]
    assert counter.status(order) == ("completed" if paid else "initializing")
    assert counter.charge(order).status == (409 if paid else 200)
    assert len(counter.ledger(order)) == 1


def test_a_lost_event_is_made_up_for_and_an_ended_order_cannot_be_paid_any_more(
    counter: Counter, stripe: StripeStandIn
) -> None:
    paid, ended = counter.order(), counter.order()
    for order in (paid, ended):
        counter.charge(order)
    pay(counter, paid)
    with clock.shifted(LATER):
        expire(counter, ended)
        counter.settle()
        counter.settle()
    assert (counter.status(paid), counter.ledger(paid)) == ("completed", [("succeeded", 5000, 0)])
    assert (counter.status(ended), counter.ledger(ended)) == ("expired", [("canceled", 5000, 0)])
    assert stripe.pay(counter.intent(ended))["status"] == "canceled"


def _nonsense(asked: Asked) -> Told | None:
    return Told(200, b"<html>") if asked.path.startswith("/v1/") else None


def _down(asked: Asked) -> Told | None:
    return Told(503, b"{}") if asked.path.startswith("/v1/") else None


def _refusing(asked: Asked) -> Told | None:
    message = b'{"error": {"code": "amount_too_small", "message": "Amount must be at least 50 cents"}}'
    return Told(400, message) if asked.path.startswith("/v1/") else None


def test_a_provider_that_fails_leaves_nothing_half_done(counter: Counter, stripe: StripeStandIn) -> None:
    order = counter.order()
    for fault, status in ((_nonsense, 502), (_down, 503)):
        stripe.fault = fault
        assert counter.charge(order).status == status
        assert (counter.status(order), counter.ledger(order)) == ("initializing", [("created", 5000, 0)])
    stripe.fault = _refusing
    refused = counter.charge(order)
    assert (refused.status, refused.data["attributes"]["status"]) == (200, False)
    assert refused.data["attributes"]["message"] == "Amount must be at least 50 cents"
    stripe.fault = None
    assert counter.ledger(order) == [("canceled", 5000, 0)]
    assert counter.charge(order).data["attributes"]["status"] is True
    assert counter.ledger(order) == [("canceled", 5000, 0), ("open", 5000, 0)]


def test_a_dispute_and_a_refund_at_the_provider_are_noted(counter: Counter, stripe: StripeStandIn) -> None:
    order = counter.order()
    counter.charge(order)
    counter.hear(pay(counter, order))
    counter.pump.everything()
    intent = counter.intent(order)
    stripe.dispute(intent)
    stripe._refund(intent, {"payment_intent": intent, "amount": "1500"})
    counter.hear(*stripe.events[-2:])
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 1500)]
    (payment,) = counter.organizer.get(f"/v1/orders/{order['id']}/payments?include=refunds").json["data"]
    assert payment["attributes"]["dispute"] == "needs_response"
    assert payment["attributes"]["refunded-amount"] == 15.0
    (refund,) = counter.organizer.get(f"/v1/orders/{order['id']}/refunds").data
    assert refund["attributes"]["reason"] == "at-provider"


def test_an_organizer_who_disconnects_at_stripe_is_not_offered_any_more(
    counter: Counter, stripe: StripeStandIn
) -> None:
    order = counter.order()
    counter.charge(order)
    account = stripe.intents[counter.intent(order)]["account"]
    gone = {"type": "account.application.deauthorized", "account": account, "data": {"object": {}}}
    stripe.connect.accounts.remove(account)
    assert counter.hear({**gone, "id": "evt_gone"}) == [200]
    assert (
        counter.client.get(f"/v1/events/{counter.event.id}").data["attributes"]["is-stripe-linked"] is False
    )
    assert "no Stripe account" in counter.charge(order).errors[0]["detail"]
    assert counter.verify(order) == "pending"
    with clock.shifted(timedelta(minutes=12)):
        counter.settle()
    assert counter.ledger(order) == [("open", 5000, 0)]
    assert counter.pump.waiting()["dead"] == 0


def test_refunds_at_the_provider_are_read_page_by_page(counter: Counter, stripe: StripeStandIn) -> None:
    order = counter.order()
    counter.charge(order)
    counter.hear(pay(counter, order))
    counter.pump.everything()
    intent, stripe.page_size = counter.intent(order), 2
    for _ in range(5):
        stripe._refund(intent, {"payment_intent": intent, "amount": "10"})
    counter.hear(stripe.events[-1])
    counter.pump.everything()
    assert counter.ledger(order) == [("succeeded", 5000, 50)]
