"""Buying online, as the old web client does: charge, pay with Stripe's own script, verify."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, event

from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.payments import CHARGE, Counter

pytestmark = pytest.mark.one_database


def test_a_card_is_charged_and_the_order_is_completed_once(counter: Counter, stripe: StripeStandIn) -> None:
    order = counter.order(2)
    charged = counter.charge(order)
    assert charged.status == 200, charged.text
    assert charged.data["attributes"]["status"] is True
    told = json.loads(charged.data["attributes"]["message"])
    assert told["client_secret"].startswith("pi_")
    assert (told["amount"], told["currency"]) == (10000, "eur")
    assert counter.verify(order) == "pending"
    stripe.pay(counter.intent(order))
    assert [counter.verify(order) for _ in range(3)] == ["completed"] * 3
    shown = counter.asking.get(f"/v1/orders/{order['id']}?include=payments").json
    seen = shown["data"]["attributes"]
    assert (seen["paid-via"], seen["payment-mode"], seen["brand"], seen["last4"], seen["exp-year"]) == (
        *("card", "stripe", "visa", "4242", "2040"),
    )
    assert seen["transaction-id"].startswith("txn_")
    (payment,) = (resource["attributes"] for resource in shown["included"])
    assert (payment["amount"], payment["currency"], payment["state"]) == (100.0, "EUR", "succeeded")
    counter.settle()
    mails = [mail for mail in counter.pump.mails() if counter.buyer.email in mail["to"]]
    assert len(mails) == 1


def test_a_client_that_asks_while_an_event_settles_the_payment_is_told_what_is_true(counter: Counter) -> None:
    order = counter.order()
    counter.charge(order)
    settled, number = list[str](), int(order["id"])

    def meanwhile(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if "FROM payments" in statement and not settled:
            settled.append(statement)  # what another process commits: this one has one connection
            counter.database.run("UPDATE payments SET state = 'succeeded' WHERE order_id = :id", id=number)
            counter.database.run("UPDATE orders SET status = 'completed' WHERE id = :id", id=number)

    event.listen(Engine, "before_cursor_execute", meanwhile)
    try:
        assert counter.verify(order) == "completed"
    finally:
        event.remove(Engine, "before_cursor_execute", meanwhile)
    assert len(settled) == 1


def test_every_tab_gets_the_same_payment(counter: Counter, stripe: StripeStandIn) -> None:
    order = counter.order()
    told = {counter.charge(order).data["attributes"]["message"] for _ in range(3)}
    assert len({json.loads(item)["id"] for item in told}) == 1
    assert counter.ledger(order) == [("open", 5000, 0)]
    assert sum(call == ("POST", "/v1/payment_intents") for call in stripe.calls) == 1


def test_a_clients_secret_is_not_stored(counter: Counter) -> None:
    order = counter.order()
    address = f"/v1/orders/{order['attributes']['identifier']}/charge"
    asking = counter.asking.with_headers({"Idempotency-Key": "pay-1"})
    replies = [asking.post(address, CHARGE) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]
    assert "client_secret" in replies[1].text
    assert replies[1].headers["cache-control"] == "no-store"
    assert counter.database.one("SELECT count(*) FROM idempotency_keys WHERE body LIKE '%_secret%'") == 0
    assert counter.ledger(order) == [("open", 5000, 0)]


def test_a_declined_card_leaves_the_order_to_be_paid_by_another(
    counter: Counter, stripe: StripeStandIn
) -> None:
    order = counter.order()
    counter.charge(order)
    stripe.pay(counter.intent(order), "4000000000000341")
    assert counter.verify(order) == "pending"
    assert counter.database.one("SELECT failure FROM payments WHERE order_id = :id", id=int(order["id"]))
    stripe.pay(counter.intent(order))
    assert counter.verify(order) == "completed"
    assert counter.ledger(order) == [("succeeded", 5000, 0)]


@pytest.mark.parametrize(("success", "status"), [(True, "completed"), (False, "pending")])
def test_the_bank_asks_who_pays(counter: Counter, stripe: StripeStandIn, success: bool, status: str) -> None:
    order = counter.order()
    counter.charge(order)
    asked = stripe.pay(counter.intent(order), "4000002500003155")
    assert asked["status"] == "requires_action"
    assert counter.verify(order) == "pending"
    stripe.authenticate(counter.intent(order), success=success)
    assert counter.verify(order) == status


def test_only_who_may_change_the_order_pays_it(counter: Counter, stripe: StripeStandIn) -> None:
    order = counter.order()
    address = f"/v1/orders/{order['attributes']['identifier']}"
    stranger = counter.client.signed_in_as(_stranger())
    for path in ("charge", "verify"):
        sent = document("charge") if path == "charge" else None
        assert counter.client.post(f"{address}/{path}", sent).status == 401
        assert stranger.post(f"{address}/{path}", sent).status == 404
    assert stranger.get("/v1/payments").data == []
    assert counter.ledger(order) == []


def test_the_amount_is_the_orders_whatever_a_client_says(counter: Counter) -> None:
    order = counter.order()
    sent = document("charge", {"stripe": "tok_visa", "amount": 1, "currency": "jpy", "status": True})
    told = counter.asking.post(f"/v1/orders/{order['id']}/charge", sent)
    assert json.loads(told.data["attributes"]["message"])["amount"] == 5000
    staff = counter.client.signed_in_as(_stranger(is_admin=True))
    changed = staff.patch(f"/v1/orders/{order['id']}", document("order", {"amount": 1}, order["id"]))
    assert (changed.status, changed.errors[0]["source"]["pointer"]) == (409, "/data/attributes/amount")


def test_what_is_not_configured_is_not_offered(counter: Counter) -> None:
    order = counter.order()
    counter.database.run("UPDATE settings SET stripe_test_secret_key = NULL")
    refused = counter.charge(order)
    assert (refused.status, refused.errors[0]["detail"]) == (
        409,
        "This server is not connected to Stripe.",
    )
    counter.database.run("UPDATE settings SET stripe_test_secret_key = 'sk_test_not_a_real_key'")
    counter.database.run("DELETE FROM stripe_authorizations WHERE event_id = :id", id=counter.event.id)
    assert "connected no Stripe account" in counter.charge(order).errors[0]["detail"]
    paypal = counter.order()
    counter.database.run("UPDATE events SET can_pay_by_paypal = true")
    sent = document("order", {"status": "pending", "payment-mode": "paypal"}, paypal["id"])
    assert counter.asking.patch(f"/v1/orders/{paypal['id']}", sent).status == 200
    assert counter.charge(paypal).status == 409


@pytest.mark.parametrize("change", ["deleted_at = now()", "can_pay_by_stripe = false"])
def test_a_pending_order_is_not_charged_once_the_event_takes_no_payment(
    counter: Counter, change: str
) -> None:
    begun, asked_for = counter.order(), counter.order()
    assert counter.charge(begun).status == 200
    sent = document("order", {"status": "pending", "payment-mode": "stripe"}, asked_for["id"])
    assert counter.asking.patch(f"/v1/orders/{asked_for['id']}", sent).status == 200
    counter.database.run(f"UPDATE events SET {change} WHERE id = {counter.event.id}")
    for order in (begun, asked_for):
        refused = counter.charge(order)
        assert (refused.status, "takes no payment by Stripe" in refused.text) == (409, True)
    assert counter.ledger(asked_for) == []


@pytest.mark.parametrize(
    ("currency", "price", "amount"), [("JPY", 500, 500), ("KWD", 1.25, 1250), ("ISK", 5, 500)]
)
def test_amounts_have_the_digits_that_stripe_wants(
    counter: Counter, stripe: StripeStandIn, currency: str, price: float, amount: int
) -> None:
    other = Counter(counter.client, counter.database, stripe, counter.pump, currency=currency, price=price)
    order = other.order()
    told = json.loads(other.charge(order).data["attributes"]["message"])
    assert (told["amount"], told["currency"]) == (amount, currency.lower())
    stripe.pay(other.intent(order))
    assert other.verify(order) == "completed"
    (shown,) = other.organizer.get(f"/v1/orders/{order['id']}/payments").data
    assert shown["attributes"]["amount"] == price


def test_the_platform_takes_its_fee_of_a_direct_charge(counter: Counter, stripe: StripeStandIn) -> None:
    counter.database.run(
        "INSERT INTO ticket_fees (currency, country, service_fee, maximum_fee) VALUES ('EUR', 'global', 5, 4)"
    )
    order = counter.order(2)
    asked = json.loads(counter.charge(order).data["attributes"]["message"])
    owed = counter.database.one("SELECT amount FROM orders WHERE id = :id", id=int(order["id"]))
    assert (asked["amount"], stripe.intents[asked["id"]]["application_fee_amount"]) == (owed * 100, 400)
    address = f"/v1/orders/{order['id']}/payments"
    assert counter.organizer.get(address).data[0]["attributes"]["fee"] == 4.0
    assert "fee" not in counter.asking.get(address).data[0]["attributes"]


def _stranger(**values: bool) -> int:
    return int(stored(make_user, **values).id)
