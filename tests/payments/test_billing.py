"""Organizers are billed month by month: what was sold, once, less what was taken; and pay the platform."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from chalicelib import clock
from devstack.paypal_books import PAYER
from devstack.paypal_stand_in import PayPalStandIn
from tests.factories import stored
from tests.factories.ticket_fee import make_ticket_fee
from tests.factories.user import make_user
from tests.orders.test_invoices import fetched, text_of
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.paypal import CREATE, PayPalCounter

pytestmark = pytest.mark.one_database
PLATFORM = "platform@example.org"


@contextmanager
def on(day: int, months: int = 1, hour: int = 1) -> Iterator[None]:
    """The clock is moved to this day, so many months from now."""
    now = datetime.now().astimezone()
    month = now.year * 12 + now.month - 1 + months
    then = now.replace(year=month // 12, month=month % 12 + 1, day=day, hour=hour)
    with clock.shifted(then - now):
        yield


def sold_for_months(desk: PayPalCounter) -> None:
    """Let the event, and the end of its tickets' sales, lie behind the months to which the clock is moved.

    On the first of a month the next one begins 31 days later, which is after an event of the factory.
    """
    far = "now() + interval '100 days'"
    desk.database.run(
        f"UPDATE events SET starts_at = {far}, ends_at = {far} + interval '2 days' WHERE id = :id",
        id=desk.event.id,
    )
    desk.database.run(f"UPDATE tickets SET sales_ends_at = {far} WHERE event_id = :id", id=desk.event.id)


def ready(by_paypal: PayPalCounter) -> PayPalCounter:
    """The counter, of an event of which the platform takes 10 percent, and has taken none."""
    for table in ("outbox", "tasks_done"):
        by_paypal.database.run(f"DELETE FROM {table}")
    by_paypal.database.run("DELETE FROM event_invoices")
    by_paypal.database.run("UPDATE orders SET completed_at = NULL")
    sold_for_months(by_paypal)
    by_paypal.database.run(
        f"UPDATE settings SET paypal_mode = 'sandbox', stripe_test_publishable_key = 'pk_test_platform', admin_billing_email = '{PLATFORM}', "
        f"admin_billing_paypal_email = '{PLATFORM}', admin_company = 'Platform Ltd'"
    )
    return by_paypal


@pytest.fixture
def desk(by_paypal: PayPalCounter) -> PayPalCounter:
    """A counter whose sales are billed."""
    return ready(by_paypal)


def sell(desk: PayPalCounter, number: int = 1) -> Any:
    """An order that is paid to the organizer directly, who says so."""
    order = desk.order(number)
    for asking, values in (
        (desk.asking, {"status": "placed", "payment-mode": "bank"}),
        (desk.organizer, {"status": "completed"}),
    ):
        reply = asking.patch(f"/v1/orders/{order['id']}", document("order", values, order["id"]))
        assert reply.status == 200, reply.text
    return order


def fee(percent: float = 10, maximum: float | None = None) -> None:
    stored(make_ticket_fee, currency="EUR", country="global", service_fee=percent, maximum_fee=maximum)


def strike(desk: PayPalCounter) -> None:
    """The clock strikes, and tasks run until none is left."""
    desk.pump.tick("sweep_outbox")
    desk.pump.everything()


def invoices(desk: PayPalCounter) -> list[Any]:
    return list(desk.organizer.get(f"/v1/events/{desk.event.id}/event-invoices").data)


def subjects(desk: PayPalCounter, address: str) -> list[str]:
    return [
        mail["subject"]
        for mail in desk.pump.mails()
        if address in mail["to"] and "invoice for" in mail["subject"]
    ]


def test_a_month_is_billed_once_and_paid_by_paypal(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    sell(desk, 2)
    fee()
    strike(desk)
    assert invoices(desk) == []  # the month is not over
    with on(1):
        for _ in range(3):
            strike(desk)
        (invoice,) = invoices(desk)
        shown = invoice["attributes"]
        assert (shown["amount"], shown["status"], shown["identifier"][6:]) == (10, "due", "U-000001")
        assert subjects(desk, desk.owner.email) == subjects(desk, PLATFORM)
        assert len(subjects(desk, PLATFORM)) == 1
        said = text_of(fetched(desk.organizer, desk.pump, f"/v1/events/invoices/{shown['identifier']}"))
        assert "10 % of 100.00 EUR" in said.replace("\n", " ")
        sell(desk)  # of this month
        desk.database.run("DELETE FROM outbox WHERE task LIKE 'bill_event%'")
        strike(desk)
        assert len(invoices(desk)) == 1
        pay(desk, paypal, shown["identifier"])
    with on(1, months=2):
        strike(desk)
        assert [
            (invoice["attributes"]["amount"], invoice["attributes"]["status"]) for invoice in invoices(desk)
        ] == [
            (5.5, "due"),  # of 55: by then a buyer pays the fee as well
            (10, "paid"),
        ]


def pay(desk: PayPalCounter, paypal: PayPalStandIn, identifier: str) -> None:
    address = f"/v1/event-invoices/{identifier}"
    begun = [desk.organizer.post(f"{address}/create-paypal-payment", CREATE).json for _ in range(2)]
    assert begun[0] == begun[1]
    id = begun[0]["payment_id"]
    (unit,) = paypal.orders[id]["purchase_units"]
    assert unit["payee"]["email_address"] == PLATFORM
    assert unit["amount"] == {"currency_code": "EUR", "value": "10.00"}
    sent = {"paypal_payment_id": id, "paypal_payer_id": PAYER}
    early = desk.organizer.post(f"{address}/charge", document("charge", sent)).json
    assert (early["status"], "not approved" in early["error"]) == ("Charge Unsuccessful", True)
    paypal.approve(id)
    other = {**sent, "paypal_payment_id": "OTHER"}
    assert desk.organizer.post(f"{address}/charge", document("charge", other)).status == 422
    for stranger in (stored(make_user), desk.buyer):
        asking: Client = desk.client.signed_in_as(stranger)
        assert asking.post(f"{address}/charge", document("charge", sent)).status == 404
        assert asking.post(f"{address}/create-paypal-payment", CREATE).status == 404
    assert desk.client.post(f"{address}/charge", document("charge", sent)).status == 401
    for _ in range(2):
        paid = desk.organizer.post(f"{address}/charge", document("charge", sent)).json
        assert paid == {"status": "Charge Successful", "payment_id": id}
    shown = desk.organizer.get(address).data["attributes"]
    assert (shown["status"], shown["paid-via"], shown["payment-mode"]) == ("paid", "paypal", "paypal")
    assert shown["transaction-id"]
    assert desk.organizer.post(f"{address}/create-paypal-payment", CREATE).status == 409


def test_what_was_taken_is_subtracted_and_what_went_back_is_not_billed(desk: PayPalCounter) -> None:
    fee()
    sell(desk, 2)
    order = desk.order()  # 10 percent are taken by Stripe
    assert desk.charge(order).status == 200
    desk.stripe.pay(desk.intent(order))
    assert desk.verify(order) == "completed"
    assert desk.refund(order, amount=20).status == 200
    with on(1):
        strike(desk)
        (invoice,) = invoices(desk)
    # The buyer of a ticket whose fee is not absorbed pays the fee as well.
    details = desk.database.one("SELECT details FROM event_invoices WHERE id = :id", id=int(invoice["id"]))
    gross, taken, due = (float(details[name]) for name in ("gross", "taken", "fee"))
    assert taken > 0
    assert invoice["attributes"]["amount"] == pytest.approx(due - taken)
    assert due == pytest.approx(gross / 10)


@pytest.mark.parametrize(
    ("percent", "maximum", "amount"), [(10, 4.5, 4.5), (3, None, None), (0, None, None), (None, None, None)]
)
def test_the_fee_has_a_maximum_and_too_little_waits(
    desk: PayPalCounter, percent: float | None, maximum: float | None, amount: float | None
) -> None:
    sell(desk)
    if percent is not None:
        fee(percent, maximum)
    with on(1):
        strike(desk)
        assert [invoice["attributes"]["amount"] for invoice in invoices(desk)] == ([amount] if amount else [])
    if percent == 3:
        with on(1):
            sell(desk)
        with on(1, months=2):
            strike(desk)
            assert [invoice["attributes"]["amount"] for invoice in invoices(desk)] == [3.05]


def test_test_orders_are_not_billed(desk: PayPalCounter) -> None:
    sent = document("event", {"is-test-mode": True}, desk.event.id)
    assert desk.organizer.patch(f"/v1/events/{desk.event.id}", sent).status == 200
    sell(desk)
    fee()
    with on(1):
        strike(desk)
        assert invoices(desk) == []


def test_whoever_does_not_pay_is_reminded_and_who_does_is_not(desk: PayPalCounter) -> None:
    sell(desk)
    fee()
    days = [(1, 1, 1), (13, 1, 1), (14, 1, 2), (20, 1, 2), (27, 1, 3), (2, 2, 3), (3, 2, 4), (20, 2, 4)]
    for day, months, mails in days:
        with on(day, months):
            strike(desk)
            assert len(subjects(desk, desk.owner.email)) == mails, (day, months)
    desk.database.run("DELETE FROM outbox")
    (invoice,) = invoices(desk)
    news = desk.organizer.get(f"/v1/users/{desk.owner.id}/notifications?sort=id").data
    told = [item["attributes"]["content"] for item in news]
    number = invoice["attributes"]["identifier"]
    # Of the invoice itself, which the first reminder has joined: it was not read.
    assert [(item["type"], item["target_type"], item["target_id"]) for item in told] == [
        ("monthly_payment", "EventInvoice", int(invoice["id"]))
    ]
    (message,) = [item["attributes"]["message"] for item in news]
    assert number in message
    assert "still to be paid" in message
    assert [item["attributes"]["count"] for item in news] == [2]


def test_a_closed_browser_and_a_changed_amount(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    sell(desk, 2)
    fee()
    with on(1):
        strike(desk)
        (invoice,) = invoices(desk)
        address = f"/v1/event-invoices/{invoice['attributes']['identifier']}"
        first = desk.organizer.post(f"{address}/create-paypal-payment", CREATE).json["payment_id"]
        staff = desk.client.signed_in_as(stored(make_user, is_admin=True))
        changed = document("event-invoice", {"amount": 7}, invoice["id"])
        assert staff.patch(f"/v1/event-invoices/{invoice['id']}", changed).status == 200
        second = desk.organizer.post(f"{address}/create-paypal-payment", CREATE).json["payment_id"]
        assert second != first
        assert paypal.orders[second]["purchase_units"][0]["amount"]["value"] == "7.00"
        paypal.approve(second)  # and closes the browser
    with on(1, hour=3):
        strike(desk)
        shown = desk.organizer.get(address).data["attributes"]
        assert (shown["status"], shown["amount"]) == ("paid", 7)


def billed(desk: PayPalCounter) -> str:
    """The address of an invoice of 10 EUR, for what was sold last month."""
    fee()
    strike(desk)
    (invoice,) = invoices(desk)
    return f"/v1/event-invoices/{invoice['attributes']['identifier']}"


def begun_by_stripe(desk: PayPalCounter, address: str) -> Any:
    reply = desk.organizer.post(f"{address}/create-stripe-payment")
    assert (reply.status, reply.json["status"]) == (200, True), reply.text
    return reply.json


def test_an_invoice_is_paid_by_stripe_once(desk: PayPalCounter) -> None:
    sell(desk, 2)
    with on(1):
        address = billed(desk)
        told = [begun_by_stripe(desk, address) for _ in range(2)]
        assert told[0] == told[1]
        id = told[0]["payment_id"]
        assert (told[0]["publishable_key"], told[0]["client_secret"][:3]) == ("pk_test_platform", "pi_")
        assert desk.stripe.intents[id]["account"] == "", "it is paid to the platform itself"
        asked = desk.stripe.backend.ask("GET", f"/v1/payment_intents/{id}", {})[1]
        assert (asked["amount"], asked["currency"]) == (1000, "eur")
        for stranger in (stored(make_user), desk.buyer):
            asking: Client = desk.client.signed_in_as(stranger)
            for verb in ("create-stripe-payment", "verify"):
                assert asking.post(f"{address}/{verb}").status == 404
        assert desk.client.post(f"{address}/verify").status == 401
        assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "due"}
        desk.stripe.pay(id)
        for _ in range(2):
            assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "paid"}
        shown = desk.organizer.get(address).data["attributes"]
        names = ("paid-via", "payment-mode", "stripe-token", "last4", "brand")
        assert [shown[name] for name in names] == ["stripe", "stripe", id, "4242", "visa"]
        assert shown["transaction-id"]
        for verb in ("create-stripe-payment", "create-paypal-payment"):
            assert desk.organizer.post(f"{address}/{verb}", CREATE).status == 409


@pytest.mark.parametrize("told", ["webhook", "clock"])
def test_a_closed_browser_after_paying_by_stripe(desk: PayPalCounter, told: str) -> None:
    sell(desk, 2)
    with on(1):
        address = billed(desk)
        id = begun_by_stripe(desk, address)["payment_id"]
        desk.stripe.pay(id)
        if told == "webhook":
            (event,) = [event for event in desk.stripe.events if event["type"].endswith("succeeded")]
            assert "account" not in event
            assert desk.hear(event, at=int(clock.now().timestamp())) == [200]
            desk.pump.everything()
            assert desk.organizer.get(address).data["attributes"]["status"] == "paid"
    with on(1, hour=4):
        strike(desk)
        assert desk.organizer.get(address).data["attributes"]["status"] == "paid"


def test_who_begins_at_one_provider_ends_the_payment_at_the_other(
    desk: PayPalCounter, paypal: PayPalStandIn
) -> None:
    sell(desk, 2)
    with on(1):
        address = billed(desk)
        approved = desk.organizer.post(f"{address}/create-paypal-payment", CREATE).json["payment_id"]
        paypal.approve(approved)
        first = begun_by_stripe(desk, address)["payment_id"]
        sent = document("charge", {"paypal_payment_id": approved, "paypal_payer_id": PAYER})
        assert desk.organizer.post(f"{address}/charge", sent).status == 422, "it is not captured any more"
        assert desk.organizer.post(f"{address}/create-paypal-payment", CREATE).json["status"] is True
        assert state(desk, first) == "canceled"
        second = begun_by_stripe(desk, address)["payment_id"]
        assert second != first
        desk.stripe.pay(second)  # and nobody has told yet
        refused = desk.organizer.post(f"{address}/create-paypal-payment", CREATE)
        assert refused.status == 409
        assert desk.organizer.get(address).data["attributes"]["paid-via"] == "stripe"


def test_what_is_paid_by_stripe_too_late_or_wrongly_goes_back(desk: PayPalCounter) -> None:
    admin = stored(make_user, is_admin=True)

    def change(**values: Any) -> None:
        staff = desk.client.signed_in_as(admin)
        sent = document("event-invoice", values, number)
        assert staff.patch(f"/v1/event-invoices/{number}", sent).status == 200

    sell(desk, 2)
    with on(1):
        address = billed(desk)
        number = desk.organizer.get(address).data["id"]
        wrong = begun_by_stripe(desk, address)["payment_id"]
        desk.stripe.pay(wrong)
        change(amount=7)
        right = begun_by_stripe(desk, address)["payment_id"]
        assert right != wrong
        assert refunded(desk, wrong) == 1000
        change(**{"status": "paid", "paid-via": "transfer"})
        desk.stripe.pay(right)
    with on(1, hour=5):
        strike(desk)
        shown = desk.organizer.get(address).data["attributes"]
        assert (shown["status"], shown["paid-via"], shown["stripe-token"]) == ("paid", "transfer", None)
        assert refunded(desk, right) == 700
    desk.database.run("UPDATE settings SET stripe_test_secret_key = NULL")


def test_a_token_of_the_former_server_is_no_payment(desk: PayPalCounter) -> None:
    sell(desk, 2)
    with on(1):
        address = billed(desk)
        desk.database.run("UPDATE event_invoices SET stripe_token = 'tok_1FormerServer'")
        assert begun_by_stripe(desk, address)["payment_id"].startswith("pi_")
        desk.database.run("UPDATE settings SET stripe_test_secret_key = NULL")
        assert desk.organizer.post(f"{address}/create-stripe-payment").status == 409


def state(desk: PayPalCounter, id: str) -> str:
    return str(desk.stripe.seen(id)["status"])


def refunded(desk: PayPalCounter, id: str) -> int:
    return int(desk.stripe.seen(id)["latest_charge"]["amount_refunded"])
