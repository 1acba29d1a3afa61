"""Paying at PayPal, as the old clients do: create, approve there, charge; and whatever else may happen."""

from typing import Any

import pytest

from chalicelib import clock
from chalicelib.http_client import Deadline
from chalicelib.resources.orders.payment import charging
from chalicelib.settings import settings
from devstack.paypal_books import PAYER
from devstack.paypal_stand_in import PayPalStandIn
from devstack.stand_in_server import Asked, Told
from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.ticket_fee import make_ticket_fee
from tests.factories.user import make_user
from tests.payments.test_settlement import LATER, expire
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.paypal import CREATE, PAYEE, PayPalCounter
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


def test_a_payment_is_approved_and_captured_and_completes_the_order(
    by_paypal: PayPalCounter, paypal: PayPalStandIn
) -> None:
    order = by_paypal.order(2)
    made = by_paypal.create(order).json
    payment = made["payment_id"]
    assert (made["status"], made["approval_url"]) == (True, f"{paypal.url}/checkoutnow?token={payment}")
    (unit,) = paypal.orders[payment]["purchase_units"]
    assert unit["amount"] == {"currency_code": "EUR", "value": "100.00"}
    assert unit["payee"] == {"email_address": PAYEE}
    early = by_paypal.pay(order, payment)
    assert (early.status, early.data["attributes"]["status"]) == (200, False)
    assert "not approved" in early.data["attributes"]["message"]
    assert by_paypal.ledger(order) == [("open", 10000, 0)]
    paypal.approve(payment)
    for _ in range(2):
        paid = by_paypal.pay(order, payment)
        assert paid.status == 200, paid.text
        assert paid.data["attributes"] == {"status": True, "message": "Charge successful"}
    shown = by_paypal.asking.get(f"/v1/orders/{order['id']}").data["attributes"]
    capture = paypal.orders[payment]["purchase_units"][0]["payments"]["captures"][0]
    assert (shown["status"], shown["paid-via"], shown["payment-mode"]) == ("completed", "paypal", "paypal")
    assert shown["transaction-id"] == capture["id"]
    assert by_paypal.verify(order) == "completed"
    assert by_paypal.ledger(order) == [("succeeded", 10000, 0)]
    captures = [path for method, path in paypal.calls if path.endswith("/capture")]
    assert len(captures) == 1


def test_every_tab_gets_the_same_payment_and_an_order_has_one(by_paypal: PayPalCounter) -> None:
    order = by_paypal.order()
    assert len({by_paypal.begun(order) for _ in range(3)}) == 1
    assert by_paypal.ledger(order) == [("open", 5000, 0)]
    created = [call for call in by_paypal.paypal.calls if call == ("POST", "/v2/checkout/orders")]
    assert len(created) == 1


def test_only_the_orders_own_payment_counts_and_only_its_payer(
    by_paypal: PayPalCounter, paypal: PayPalStandIn
) -> None:
    mine, other = by_paypal.order(), by_paypal.order()
    payment, foreign = by_paypal.begun(mine), by_paypal.begun(other)
    for id in (payment, foreign):
        paypal.approve(id)
    pointer = "/data/attributes/paypal-payment-id"
    for id in (foreign, "PAY-1", "x" * 1000, "../orders"):
        refused = by_paypal.pay(mine, id)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)
        assert by_paypal.verify_on_phone(mine, id).json["status"] is False
    for sent in ({}, {"paypal_payment_id": payment}, {"paypal_payer_id": PAYER}):
        reply = by_paypal.asking.post(f"/v1/orders/{mine['id']}/charge", document("charge", sent))
        assert reply.status == 422
    assert by_paypal.pay(mine, payment, "SOMEBODY").status == 422
    stranger = by_paypal.client.signed_in_as(stored(make_user))
    address = f"/v1/orders/{mine['attributes']['identifier']}"
    verify: Any = {"data": {"type": "paypal-payment", "attributes": {"payment-id": payment}}}
    for path, body in (("create-paypal-payment", CREATE), ("verify-mobile-paypal-payment", verify)):
        assert stranger.post(f"{address}/{path}", body).status == 404
        assert by_paypal.client.post(f"{address}/{path}", body).status == 401
    assert by_paypal.ledger(mine) == [("open", 5000, 0)]
    assert not any(path.endswith("/capture") for _, path in paypal.calls)


def test_a_payment_on_the_phone_completes_the_order(by_paypal: PayPalCounter, paypal: PayPalStandIn) -> None:
    order = by_paypal.order()
    payment = by_paypal.begun(order)
    early = by_paypal.verify_on_phone(order, payment).json
    assert (early["status"], "not approved" in early["error"]) == (False, True)
    paypal.approve(payment)
    for _ in range(2):
        assert by_paypal.verify_on_phone(order, payment).json == {"status": True, "error": None}
    assert (by_paypal.status(order), by_paypal.ledger(order)) == ("completed", [("succeeded", 5000, 0)])


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 400, "/data"),
        ({"data": []}, 400, "/data"),
        ({"data": {"type": "order"}}, 422, "/data/type"),
        ({"data": {"attributes": 7}}, 422, "/data/attributes"),
        ({"data": {"attributes": {"return-url": {}}}}, 422, "/data/attributes/return-url"),
        ({"data": {"attributes": {"payment-id": 7}}}, 422, "/data/attributes/payment-id"),
    ],
)
def test_bodies_that_are_none_are_refused(
    by_paypal: PayPalCounter, body: Any, status: int, pointer: str
) -> None:
    order = by_paypal.order()
    path = "verify-mobile-paypal-payment" if "payment-id" in pointer else "create-paypal-payment"
    refused = by_paypal.asking.post(f"/v1/orders/{order['id']}/{path}", body)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (status, pointer)
    assert by_paypal.ledger(order) == []


def test_a_closed_browser_and_events_twice_early_and_out_of_order(
    by_paypal: PayPalCounter, paypal: PayPalStandIn
) -> None:
    order = by_paypal.order()
    payment = by_paypal.begun(order)
    paypal.approve(payment)
    approved = paypal.events[-1]
    assert by_paypal.hear_paypal(approved, approved) == [200, 200]
    by_paypal.pump.everything()
    assert (by_paypal.status(order), by_paypal.ledger(order)) == ("completed", [("succeeded", 5000, 0)])
    captured = paypal.events[-1]
    assert captured["event_type"] == "PAYMENT.CAPTURE.COMPLETED"
    by_paypal.hear_paypal(captured, {**approved, "id": "WH-again"})
    by_paypal.pump.everything()
    assert by_paypal.ledger(order) == [("succeeded", 5000, 0)]
    assert by_paypal.pay(order, payment).data["attributes"]["status"] is True
    heard = "SELECT count(*) FROM provider_events WHERE provider = 'paypal'"
    assert by_paypal.database.one(heard) == 3
    assert len([path for _, path in paypal.calls if path.endswith("/capture")]) == 1


def test_forged_and_foreign_events_are_refused_or_ignored(
    by_paypal: PayPalCounter, paypal: PayPalStandIn, environment: pytest.MonkeyPatch
) -> None:
    order = by_paypal.order()
    paypal.approve(by_paypal.begun(order))
    body, headers = paypal.sign(paypal.events[-1])
    other = body.replace(b"EUR", b"USD")
    forged: list[tuple[bytes, dict[str, str]]] = [
        (other, headers),
        (body, {}),
        (body, {**headers, "PayPal-Transmission-Id": "t1"}),
        (body, {**headers, "PayPal-Transmission-Sig": "1"}),
    ]
    assert [by_paypal.sent_by_paypal(*sent).status for sent in forged] == [403] * 4
    for nothing in (b"", b"[]", b"{", b"{}", b'{"id": 7, "event_type": "x"}', b'{"id": "\\u0000"}'):
        assert by_paypal.sent_by_paypal(nothing, headers).status == 400
    calls = len(paypal.calls)
    foreign = {"id": "WH-f", "event_type": "CHECKOUT.ORDER.APPROVED", "resource_type": "checkout-order"}
    assert by_paypal.hear_paypal({**foreign, "resource": {"id": "UNKNOWN"}}) == [200]
    assert len(paypal.calls) == calls  # nobody makes us ask PayPal about something else than our payments
    paypal.fault = _down
    assert by_paypal.sent_by_paypal(body, headers).status == 503
    paypal.fault = None
    environment.delenv("PAYPAL_SANDBOX_WEBHOOK_ID")
    settings.cache_clear()
    assert by_paypal.sent_by_paypal(body, headers).status == 503
    by_paypal.pump.everything()
    assert (by_paypal.status(order), by_paypal.ledger(order)) == ("pending", [("open", 5000, 0)])


@pytest.mark.parametrize(
    "crash", ["before the call", "after the call", "after the approval", "at the capture"]
)
def test_what_a_crash_left_is_found_and_settled(
    by_paypal: PayPalCounter, paypal: PayPalStandIn, crash: str
) -> None:
    order = by_paypal.order()
    call = charging.begin(int(order["id"]), "paypal")
    if crash != "before the call":
        seen = call.make(Deadline())
        if crash != "after the call":
            paypal.approve(seen.id)
        if crash == "at the capture":  # PayPal has captured, and nobody has heard of it
            paypal.fault = _lost_captures(paypal)
            assert by_paypal.create(order).status == 200
            assert by_paypal.pay(order, seen.id).status == 503
            paypal.fault = None
            assert by_paypal.ledger(order) == [("processing", 5000, 0)]
    with clock.shifted(LATER / 3):
        for _ in range(3):
            by_paypal.settle()
    paid = crash in {"after the approval", "at the capture"}
    assert by_paypal.ledger(order) == [("succeeded" if paid else "open", 5000, 0)]
    assert (by_paypal.status(order) == "completed") == paid


def test_what_was_approved_too_late_is_never_captured(
    by_paypal: PayPalCounter, paypal: PayPalStandIn
) -> None:
    order = by_paypal.order()
    payment = by_paypal.begun(order)
    expire(by_paypal, order)
    paypal.approve(payment)
    by_paypal.hear_paypal(paypal.events[-1])
    by_paypal.pump.everything()
    assert (by_paypal.status(order), by_paypal.ledger(order)) == ("expired", [("canceled", 5000, 0)])
    assert by_paypal.pay(order, payment).data["attributes"]["status"] is False
    assert paypal.orders[payment]["status"] == "APPROVED"
    # Should it be captured nevertheless, by whomever, it is late money: here there still is a seat.
    paypal.capture(payment)
    by_paypal.hear_paypal(paypal.events[-1])
    by_paypal.pump.everything()
    assert (by_paypal.status(order), by_paypal.ledger(order)) == ("completed", [("succeeded", 5000, 0)])


def test_late_money_goes_back_where_the_seats_are_sold(
    client: Client, database: TestDatabase, stripe: StripeStandIn, paypal: PayPalStandIn, pump: Pump
) -> None:
    small = PayPalCounter(client, database, stripe, paypal, pump, quantity=2)
    order = small.order(2)
    payment = small.begun(order)
    paypal.approve(payment)
    paypal.capture_status = "PENDING"  # for a while, as by an electronic cheque
    waiting = small.pay(order, payment).data["attributes"]
    assert (waiting["status"], "not finished" in waiting["message"]) == (False, True)
    assert small.ledger(order) == [("processing", 10000, 0)]
    expire(small, order)
    small.order(1)
    paypal.complete(payment)
    small.hear_paypal(paypal.events[-1])
    small.pump.everything()
    assert (small.status(order), small.ledger(order)) == ("expired", [("succeeded", 10000, 10000)])
    (refund,) = small.asking.get(f"/v1/orders/{order['id']}/refunds").data
    assert (refund["attributes"]["state"], refund["attributes"]["reason"]) == ("succeeded", "late")
    (back,) = paypal.orders[payment]["purchase_units"][0]["payments"]["refunds"]
    assert back["amount"] == {"currency_code": "EUR", "value": "100.00"}


def test_a_declined_capture_leaves_the_order_to_be_paid(
    by_paypal: PayPalCounter, paypal: PayPalStandIn
) -> None:
    order = by_paypal.order()
    payment = by_paypal.begun(order)
    paypal.declines += ["INSTRUMENT_DECLINED"] * 2
    for _ in range(2):
        paypal.approve(payment)
        declined = by_paypal.pay(order, payment).data["attributes"]
        assert (declined["status"], "declined" in declined["message"]) == (False, True)
        assert by_paypal.ledger(order) == [("open", 5000, 0)]
    paypal.approve(payment)
    assert by_paypal.pay(order, payment).data["attributes"]["status"] is True
    assert by_paypal.ledger(order) == [("succeeded", 5000, 0)]


def test_refunds_go_back_to_paypal_and_those_made_there_are_noted(
    by_paypal: PayPalCounter, paypal: PayPalStandIn
) -> None:
    order = by_paypal.order(2)
    payment = by_paypal.begun(order)
    paypal.approve(payment)
    by_paypal.pay(order, payment)
    assert by_paypal.refund(order, amount=12.5).status == 200
    by_paypal.pump.everything()
    paypal.refund(payment, "7.50")
    by_paypal.hear_paypal(paypal.events[-1])
    by_paypal.pump.everything()
    assert by_paypal.ledger(order) == [("succeeded", 10000, 2000)]
    assert by_paypal.refund(order, amount=80.01).status == 422
    assert by_paypal.refund(order).status == 200
    by_paypal.pump.everything()
    assert (by_paypal.status(order), by_paypal.ledger(order)) == ("cancelled", [("succeeded", 10000, 10000)])
    states = {refund["attributes"]["state"] for refund in by_paypal.asking.get("/v1/refunds").data}
    assert states == {"succeeded"}
    back = paypal.orders[payment]["purchase_units"][0]["payments"]["refunds"]
    assert [refund["amount"]["value"] for refund in back] == ["12.50", "7.50", "80.00"]


def test_another_way_to_pay_gives_up_the_first(by_paypal: PayPalCounter, paypal: PayPalStandIn) -> None:
    order = by_paypal.order()
    assert by_paypal.charge(order).status == 200
    first = by_paypal.intent(order)
    payment = by_paypal.begun(order)
    assert by_paypal.ledger(order) == [("canceled", 5000, 0), ("open", 5000, 0)]
    assert by_paypal.stripe.pay(first)["status"] == "canceled"
    sent = document("order", {"payment-mode": "stripe"}, order["id"])
    assert by_paypal.asking.patch(f"/v1/orders/{order['id']}", sent).status == 200
    assert by_paypal.charge(order).status == 200
    paypal.approve(payment)
    assert by_paypal.pay(order, payment).data["attributes"]["status"] is False
    by_paypal.stripe.pay(by_paypal.intent(order))
    assert by_paypal.verify(order) == "completed"
    states = [state for state, *_ in by_paypal.ledger(order)]
    assert states == ["canceled", "canceled", "succeeded"]


def test_what_is_not_configured_is_not_offered(by_paypal: PayPalCounter) -> None:
    order = by_paypal.order()
    for change, sentence in (
        ("UPDATE events SET can_pay_by_paypal = false", "takes no payment by PayPal"),
        ("UPDATE events SET can_pay_by_paypal = true, paypal_email = NULL", "no PayPal address"),
        ("UPDATE settings SET paypal_sandbox_secret = NULL", "not connected to PayPal"),
    ):
        by_paypal.database.run(change)
        refused = by_paypal.create(order)
        assert (refused.status, sentence in refused.errors[0]["detail"]) == (409, True)
    assert by_paypal.ledger(order) == []


@pytest.mark.parametrize(
    ("currency", "price", "value"),
    [("JPY", 500, "500"), ("HUF", 500, "500"), ("HUF", 5.5, None), ("KWD", 1.25, None)],
)
def test_amounts_are_those_of_the_currency(
    client: Client,
    database: TestDatabase,
    stripe: StripeStandIn,
    paypal: PayPalStandIn,
    pump: Pump,
    currency: str,
    price: float,
    value: str | None,
) -> None:
    counter = PayPalCounter(client, database, stripe, paypal, pump, currency=currency, price=price)
    order = counter.order()
    made = counter.create(order)
    if value is None:
        assert (made.status, currency in made.errors[0]["detail"]) == (409, True)
        return
    unit = paypal.orders[made.json["payment_id"]]["purchase_units"][0]
    assert unit["amount"] == {"currency_code": currency, "value": value}
    paypal.approve(made.json["payment_id"])
    assert counter.pay(order, made.json["payment_id"]).data["attributes"]["status"] is True


@pytest.mark.parametrize("is_partner", [True, False])
def test_the_platforms_fee_is_taken_where_paypal_agrees_to_it(
    by_paypal: PayPalCounter, paypal: PayPalStandIn, environment: pytest.MonkeyPatch, is_partner: bool
) -> None:
    stored(make_ticket_fee, currency="EUR", country=None, service_fee=10, maximum_fee=None)
    paypal.takes_fees = is_partner
    environment.setenv("PAYPAL_PLATFORM_FEES", str(is_partner))
    settings.cache_clear()
    order = by_paypal.order()
    payment = by_paypal.begun(order)
    unit = paypal.orders[payment]["purchase_units"][0]
    assert ("payment_instruction" in unit) == is_partner
    paypal.approve(payment)
    by_paypal.pay(order, payment)
    fee = "SELECT fee_minor FROM payments WHERE order_id = :id"
    assert by_paypal.database.one(fee, id=int(order["id"])) == (550 if is_partner else 0)
    by_paypal.refund(order, amount=10)
    by_paypal.pump.everything()
    (back,) = unit["payments"]["refunds"]
    if is_partner:
        (given,) = back["payment_instruction"]["platform_fees"]
        assert given["amount"]["value"] == "1.00"
    else:
        assert "payment_instruction" not in back


def _down(asked: Asked) -> Told | None:
    return Told(503, b"{}")


def _nonsense(asked: Asked) -> Told | None:
    return Told(200, b'{"status": "COMPLETED"}')


def _lost_captures(paypal: PayPalStandIn) -> Any:
    def lost(asked: Asked) -> Told | None:
        if not asked.path.endswith("/capture"):
            return None
        paypal.capture(asked.path.split("/")[4])
        return Told(500, b"{}")

    return lost


def test_a_provider_that_fails_leaves_nothing_half_done(
    by_paypal: PayPalCounter, paypal: PayPalStandIn
) -> None:
    order = by_paypal.order()
    for fault, status in ((_nonsense, 502), (_down, 503)):
        paypal.fault = fault
        assert by_paypal.create(order).status == status
        assert (by_paypal.status(order), by_paypal.ledger(order)) == ("initializing", [("created", 5000, 0)])
    paypal.fault = lambda _asked: Told(401, b'{"error": "invalid_client"}')
    refused = by_paypal.create(order).json
    assert (refused["status"], refused["error"]["name"]) == (False, "account")
    paypal.fault = None
    assert by_paypal.ledger(order) == [("canceled", 5000, 0)]
    payment = by_paypal.begun(order)
    paypal.orders[payment]["purchase_units"][0]["amount"]["value"] = "1.00"
    paypal.approve(payment)
    assert by_paypal.pay(order, payment).status == 502
    assert by_paypal.ledger(order) == [("canceled", 5000, 0), ("open", 5000, 0)]
    assert paypal.orders[payment]["status"] == "APPROVED"


def test_a_payment_that_paypal_has_forgotten_is_given_up_with_its_order(
    by_paypal: PayPalCounter, paypal: PayPalStandIn
) -> None:
    order = by_paypal.order()
    del paypal.orders[by_paypal.begun(order)]
    with clock.shifted(LATER):
        expire(by_paypal, order)
        by_paypal.settle()
    assert by_paypal.ledger(order) == [("canceled", 5000, 0)]
