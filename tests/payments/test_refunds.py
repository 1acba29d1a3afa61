"""Refunds by organizers: all, a part, or some tickets; never more than was paid, and each place once."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import db
from chalicelib.resources.orders.payment.shares import shared
from chalicelib.tasks.send_refund import send_refund
from devstack.stand_in_server import Asked, Told
from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database


def sold(counter: Counter, number: int = 1) -> Any:
    """An order that was paid online."""
    order = counter.order(number)
    assert counter.charge(order).status == 200
    counter.stripe.pay(counter.intent(order))
    assert counter.verify(order) == "completed"
    return order


def taken(counter: Counter) -> Any:
    return counter.database.one("SELECT taken FROM stocks WHERE ticket_id = :id", id=counter.ticket.id)


def test_one_ticket_is_refunded_and_its_place_is_free(counter: Counter, stripe: StripeStandIn) -> None:
    order = sold(counter, 3)
    first, *others = counter.attendees(order)
    reply = counter.refund(order, attendees=[first], note="The workshop was cancelled")
    assert reply.status == 200, reply.text
    seen = reply.data["attributes"]
    assert (seen["amount"], seen["state"], seen["note"]) == (50.0, "created", "The workshop was cancelled")
    assert (counter.attendees(order), taken(counter), counter.status(order)) == (others, 2, "completed")
    again = counter.refund(order, attendees=[first])
    assert (again.status, again.errors[0]["source"]["pointer"]) == (422, "/attendees/0")
    counter.pump.everything()
    shown = counter.asking.get(f"/v1/refunds/{reply.data['id']}").data["attributes"]
    assert (shown["state"], shown["currency"]) == ("succeeded", "EUR")
    assert stripe.seen(counter.intent(order))["latest_charge"]["amount_refunded"] == 5000
    assert counter.ledger(order) == [("succeeded", 15000, 5000)]
    # The last ticket takes what is left, and the order ends with it.
    assert counter.refund(order, attendees=others).status == 200
    assert (counter.status(order), counter.ledger(order)) == ("cancelled", [("succeeded", 15000, 15000)])


def test_all_is_refunded_and_the_order_is_cancelled(counter: Counter) -> None:
    order = sold(counter, 2)
    assert counter.refund(order).data["attributes"]["amount"] == 100.0
    assert (counter.status(order), counter.attendees(order), taken(counter)) == ("cancelled", [], 0)
    counter.pump.everything()
    assert counter.refund(order).status == 409
    assert counter.ledger(order) == [("succeeded", 10000, 10000)]
    subjects = [mail["subject"] for mail in counter.pump.mails() if counter.buyer.email in mail["to"]]
    assert sum("refund" in subject.lower() for subject in subjects) == 1, subjects


def test_a_part_goes_back_and_everybody_still_comes(counter: Counter) -> None:
    order = sold(counter, 2)
    assert counter.refund(order, amount=12.34).data["attributes"]["amount"] == 12.34
    assert (counter.status(order), len(counter.attendees(order))) == ("completed", 2)
    for amount, pointer in ((87.67, "/amount"), (0, "/amount"), (1.001, "/amount"), (-1, "/amount")):
        refused = counter.refund(order, amount=amount)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer), amount
    assert counter.refund(order, amount=87.66).status == 200
    assert counter.ledger(order) == [("succeeded", 10000, 10000)]
    sent = document("order", {"status": "cancelled"}, order["id"])
    assert counter.organizer.patch(f"/v1/orders/{order['id']}", sent).status == 200


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"amount": "much"}, "/amount"),
        ({"amount": 1, "attendees": [1]}, "/amount"),
        ({"attendees": []}, "/attendees"),
        ({"attendees": "all"}, "/attendees"),
        ({"attendees": [10**15]}, "/attendees/0"),
        ({"attendees": [999_999]}, "/attendees/0"),
        ({"everything": True}, "/everything"),
        ({"note": 7}, "/note"),
    ],
)
def test_what_is_not_understood_is_refused(counter: Counter, asked: dict[str, Any], pointer: str) -> None:
    order = sold(counter)
    refused = counter.refund(order, **asked)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer), refused.text
    assert counter.ledger(order) == [("succeeded", 5000, 0)]


def test_only_organizers_refund_as_they_like(counter: Counter) -> None:
    order = sold(counter)
    address = f"/v1/orders/{order['id']}/refund"
    assert counter.client.post(address, {}).status == 401
    for role, status in (("coorganizer", 403), ("registrar", 404), ("organizer", 200)):
        member = stored(make_users_events_roles, event=counter.event, role=role).user_id
        assert counter.client.signed_in_as(member).post(address, {}).status == status, role
    refused = counter.asking.post(address, {})
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/quote")
    assert counter.client.signed_in_as(stored(make_user)).post(address, {}).status == 404


def test_offline_payments_are_noted_with_their_refunds(counter: Counter) -> None:
    order = counter.order(2)
    for asking, values in (
        (counter.asking, {"status": "placed", "payment-mode": "bank"}),
        (counter.organizer, {"status": "completed"}),
    ):
        sent = document("order", values, order["id"])
        assert asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    (payment,) = counter.asking.get(f"/v1/orders/{order['id']}/payments").data
    seen = payment["attributes"]
    assert (seen["provider"], seen["mode"], seen["amount"], seen["state"]) == (
        *("offline", "bank", 100.0, "succeeded"),
    )
    assert counter.refund(order, amount=40).data["attributes"]["state"] == "succeeded"
    assert counter.ledger(order) == [("succeeded", 10000, 4000)]
    # Staff revokes the confirmation: what is left was never there. What went back is not owed again.
    staff = counter.client.signed_in_as(stored(make_user, is_admin=True))
    sent = document("order", {"status": "placed"}, order["id"])
    assert staff.patch(f"/v1/orders/{order['id']}", sent).status == 200
    assert counter.ledger(order) == [("succeeded", 10000, 10000)]
    sent = document("order", {"status": "completed"}, order["id"])
    assert counter.organizer.patch(f"/v1/orders/{order['id']}", sent).status == 200
    assert counter.ledger(order) == [("succeeded", 10000, 10000), ("succeeded", 6000, 0)]


def test_a_checked_in_attendee_is_not_refunded(counter: Counter) -> None:
    order = sold(counter, 2)
    first, second = counter.attendees(order)
    came = {"is-checked-in": True, "checkin-times": "2030-05-01T12:00:00+00:00"}
    assert counter.organizer.patch(f"/v1/attendees/{first}", document("attendee", came, first)).status == 200
    assert counter.refund(order).status == 409
    refused = counter.refund(order, attendees=[second, first])
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/attendees/1")
    assert counter.refund(order, attendees=[second]).status == 200


_TOO_MUCH = """
INSERT INTO refunds (identifier, provider, amount_minor, currency, state, created_at, order_id, event_id,
  payment_id, reason)
SELECT 'x', provider, 3001, currency, 'created', now(), order_id, event_id, id, 'requested'
FROM payments ORDER BY id DESC LIMIT 1
"""


def test_the_database_keeps_money_whoever_writes(counter: Counter) -> None:
    order = sold(counter)
    counter.refund(order, amount=20)
    counter.database.run("UPDATE payments SET fee_minor = 1")
    for statement in (
        "DELETE FROM payments",
        "DELETE FROM refunds",
        "DELETE FROM orders WHERE id = (SELECT max(order_id) FROM payments)",
        "UPDATE payments SET amount_minor = 1",
        "UPDATE payments SET provider_id = 'pi_other' WHERE provider_id IS NOT NULL",
        "UPDATE payments SET account = NULL WHERE account IS NOT NULL",
        "UPDATE payments SET mode = 'bank'",
        "UPDATE payments SET fee_minor = 2",
        "UPDATE refunds SET reason = 'late'",
        "UPDATE refunds SET attendee_ids = '[1]'",
        "UPDATE payments SET state = 'open'",
        "UPDATE payments SET refunded_minor = 5001 WHERE id = (SELECT max(id) FROM payments)",
        _TOO_MUCH,
    ):
        with pytest.raises(Exception, match=r"keep_|refunded|fk_|never"):
            counter.database.run(statement)


def test_staff_does_not_delete_what_was_paid_for(counter: Counter) -> None:
    order = sold(counter)
    assert counter.refund(order).status == 200
    staff = counter.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    for address in (f"/v1/orders/{order['id']}", f"/v1/events/{counter.event.id}"):
        reply = staff.delete(f"{address}?permanent=true")
        assert reply.status == 409, reply.text
        assert "refers to this" in reply.errors[0]["detail"]
    assert counter.ledger(order) == [("succeeded", 5000, 5000)]


def test_a_refund_that_was_sent_before_a_crash_is_sent_once(counter: Counter, stripe: StripeStandIn) -> None:
    order = sold(counter)
    counter.refund(order, amount=20)
    rows = counter.database.rows("SELECT id FROM refunds WHERE order_id = :id", id=int(order["id"]))
    # The process dies after the call, before what it has learned is committed.
    with db.transaction() as session:
        send_refund(session, int(rows[0]["id"]))
        session.rollback()
    counter.pump.everything()
    charge = stripe.seen(counter.intent(order))["latest_charge"]
    assert (charge["amount_refunded"], counter.ledger(order)) == (2000, [("succeeded", 5000, 2000)])


@given(
    st.integers(1, 10**9),
    st.dictionaries(st.integers(1, 99), st.fractions(0, 10**6).map(Fraction), min_size=1, max_size=9),
)
def test_shares_add_up_to_the_amount(amount: int, weights: dict[int, Fraction]) -> None:
    shares = shared(amount, weights)
    total = sum(weights.values())
    assert sum(shares.values()) == amount
    for id, weight in weights.items():
        exact = amount * (weight / total if total else Fraction(1, len(weights)))
        assert abs(shares[id] - exact) < 1


def test_a_refund_that_a_bank_sends_back_is_owed_again(counter: Counter, stripe: StripeStandIn) -> None:
    order = sold(counter)
    made = counter.refund(order, amount=20)
    counter.pump.everything()
    intent = counter.intent(order)
    address = f"/v1/refunds/{made.data['id']}"
    id = counter.organizer.get(address).data["attributes"]["transaction-id"]
    refund = {"id": id, "status": "failed", "amount": 2000, "failure_reason": "expired_or_canceled_card"}

    def sent_back(asked: Asked) -> Told | None:
        if asked.path == "/v1/refunds":
            return Told(200, json.dumps({"data": [refund]}).encode())
        if asked.path.endswith(intent):
            seen = stripe.seen(intent)
            seen["latest_charge"]["amount_refunded"] = 0
            return Told(200, json.dumps(seen).encode())
        return None

    stripe.fault = sent_back
    event = {**stripe.events[-1], "id": "evt_failed_refund", "type": "charge.refund.updated"}
    assert counter.hear(event) == [200]
    counter.pump.everything()
    shown = counter.organizer.get(address).data["attributes"]
    assert (shown["state"], shown["failure"]) == ("failed", "expired_or_canceled_card")
    assert counter.ledger(order) == [("succeeded", 5000, 0)]
    stripe.fault = None
    # It is owed, and so the account stays connected.
    link = counter.database.one(
        "SELECT id FROM stripe_authorizations WHERE event_id = :id", id=counter.event.id
    )
    refused = counter.organizer.delete(f"/v1/stripe-authorizations/{link}")
    assert (refused.status, "refunds of them are owed" in refused.text) == (409, True)
    assert counter.refund(order, amount=30).status == 200
    counter.pump.everything()
    assert counter.organizer.delete(f"/v1/stripe-authorizations/{link}").status == 200
