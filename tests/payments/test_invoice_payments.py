"""An organizer's invoice is paid once: whatever else is paid for it goes back, whoever is slow or interrupted."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib import clock, db, signals
from chalicelib.resources.orders.billing_call import REFERENCE, _tag
from chalicelib.resources.orders.event_invoice import EventInvoice
from devstack.paypal_books import PAYER
from devstack.paypal_stand_in import PayPalStandIn
from devstack.stand_in_server import Asked, Told, in_json
from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.user import make_user
from tests.payments.test_billing import begun_by_stripe, billed, on, ready, refunded, sell, state, strike
from tests.support.documents import document
from tests.support.http_client import Reply
from tests.support.paypal import CREATE, PayPalCounter

pytestmark = pytest.mark.one_database


@pytest.fixture
def desk(by_paypal: PayPalCounter) -> Iterator[PayPalCounter]:
    """A counter that has sold for 100 EUR last month, of which the platform is owed 10."""
    with signals.muted():  # of what is sold nobody is mailed
        sell(ready(by_paypal), 2)
    with on(1):
        yield by_paypal
    by_paypal.database.run("UPDATE settings SET stripe_mode = 'test'")


def by_staff(desk: PayPalCounter, address: str, **values: Any) -> None:
    id = desk.organizer.get(address).data["id"]
    staff = desk.client.signed_in_as(stored(make_user, is_admin=True))
    reply = staff.patch(f"/v1/event-invoices/{id}", document("event-invoice", values, id))
    assert reply.status == 200, reply.text


def shown(desk: PayPalCounter, address: str) -> Any:
    return desk.organizer.get(address).data["attributes"]


def by_paypal_begun(desk: PayPalCounter, address: str) -> str:
    made = desk.organizer.post(f"{address}/create-paypal-payment", CREATE)
    assert (made.status, made.json["status"]) == (200, True), made.text
    return str(made.json["payment_id"])


def charge(desk: PayPalCounter, address: str, id: str) -> Reply:
    sent = document("charge", {"paypal_payment_id": id, "paypal_payer_id": PAYER})
    return desk.organizer.post(f"{address}/charge", sent)


@contextmanager
def during(
    stand_in: StripeStandIn | PayPalStandIn,
    method: str,
    end: str,
    what: Callable[[], object],
    when: str = "before",
) -> Iterator[None]:
    """Something happens while the first such call of ours is on its way, or while its answer is."""
    calls: list[Asked] = []

    def hook(asked: Asked) -> None:
        if asked.method == method and asked.path.endswith(end) and not calls:
            calls.append(asked)
            what()

    setattr(stand_in._server, when, hook)
    try:
        yield
    finally:
        setattr(stand_in._server, when, None)
    assert calls, f"{method} {end} was not called"


def tell(desk: PayPalCounter, type: str = "payment_intent.succeeded", **changes: Any) -> None:
    """Stripe's webhook tells of each payment that was made."""
    for event in [event for event in desk.stripe.events if event["type"] == type]:
        assert desk.hear({**event, **changes}, at=int(clock.now().timestamp())) == [200]
    desk.pump.everything()


def referred(desk: PayPalCounter, address: str) -> str:
    """What references to payments of the invoice begin with; the providers serve other databases too."""
    with db.transaction() as session:
        invoice = session.get_one(EventInvoice, int(desk.organizer.get(address).data["id"]))
        return f"{REFERENCE}{invoice.id}-{_tag(invoice)}-"


def kept(desk: PayPalCounter, paypal: PayPalStandIn, address: str) -> int:
    """How much the platform has for the invoice, in cents, by the books of both providers."""
    number, total = referred(desk, address), 0
    for id, known in desk.stripe.intents.items():
        if known["account"] == "":
            seen = desk.stripe.seen(id)
            charged = seen["latest_charge"] or {}
            if seen["metadata"].get("payment", "").startswith(number):
                total += int(charged.get("amount", 0)) - int(charged.get("amount_refunded", 0))
    for order in paypal.orders.values():
        (unit,) = order["purchase_units"]
        if unit["custom_id"].startswith(number):
            books = unit.get("payments", {})
            for name, sign in (("captures", 1), ("refunds", -1)):
                total += sign * sum(
                    round(float(booked["amount"]["value"]) * 100) for booked in books.get(name, [])
                )
    return total


def test_what_a_bank_has_not_decided_is_not_forgotten(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    address = billed(desk)
    id = begun_by_stripe(desk, address)["payment_id"]

    def processing(asked: Asked) -> Told | None:
        if asked.path.endswith("/cancel"):
            error = {"code": "payment_intent_unexpected_state", "message": "It is processing."}
            return in_json(400, {"error": error})
        if asked.path.endswith(id):
            return in_json(200, {**desk.stripe.seen(id), "status": "processing"})
        return None

    desk.stripe.fault = processing
    refused = desk.organizer.post(f"{address}/create-paypal-payment", CREATE)
    assert (refused.status, "processed" in refused.text) == (409, True)
    by_staff(desk, address, amount=7)
    assert desk.organizer.post(f"{address}/create-stripe-payment").status == 409
    desk.pump.everything()
    by_staff(desk, address, amount=10)
    desk.stripe.fault = None
    desk.stripe.pay(id)
    tell(desk)
    assert shown(desk, address)["status"] == "paid"
    assert kept(desk, paypal, address) == 1000


@pytest.mark.parametrize("told", ["verify", "webhook", "clock"])
def test_what_was_paid_for_another_amount_goes_back_by_itself(
    desk: PayPalCounter, paypal: PayPalStandIn, told: str
) -> None:
    address = billed(desk)
    id = begun_by_stripe(desk, address)["payment_id"]
    by_staff(desk, address, amount=7)
    desk.stripe.pay(id)
    if told == "verify":
        assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "due"}
    elif told == "webhook":
        for _ in range(2):
            tell(desk)
    else:
        with on(1, hour=5):
            strike(desk)
    assert (shown(desk, address)["status"], refunded(desk, id)) == ("due", 1000)
    desk.stripe.pay(begun_by_stripe(desk, address)["payment_id"])
    assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "paid"}
    tell(desk, id="evt_again")
    assert kept(desk, paypal, address) == 700


def test_two_tabs_begin_anew_at_the_same_time(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    address = billed(desk)
    first, second = begun_by_stripe(desk, address)["payment_id"], list[str]()
    by_staff(desk, address, amount=7)
    other = lambda: second.append(begun_by_stripe(desk, address)["payment_id"])  # noqa: E731
    with during(desk.stripe, "POST", f"{first}/cancel", other):
        third = begun_by_stripe(desk, address)["payment_id"]
    assert third == second[0]
    assert state(desk, first) == "canceled"
    by_staff(desk, address, amount=8)
    fourth = list[str]()
    again = lambda: fourth.append(begun_by_stripe(desk, address)["payment_id"])  # noqa: E731
    with during(desk.stripe, "POST", "/v1/payment_intents", again):
        assert begun_by_stripe(desk, address)["payment_id"] == fourth[0]


@pytest.mark.parametrize("first", ["stripe", "paypal"])
def test_tabs_begin_at_both_providers_at_the_same_time(
    desk: PayPalCounter, paypal: PayPalStandIn, first: str
) -> None:
    address, ids = billed(desk), dict[str, str]()

    def by_stripe() -> None:
        ids["stripe"] = begun_by_stripe(desk, address)["payment_id"]

    def at_paypal() -> None:
        ids["paypal"] = by_paypal_begun(desk, address)

    if first == "stripe":
        with during(desk.stripe, "POST", "/v1/payment_intents", at_paypal):
            by_stripe()
        paypal.approve(ids["paypal"])
        assert charge(desk, address, ids["paypal"]).status == 422
        desk.stripe.pay(ids["stripe"])
        assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "paid"}
    else:
        with during(paypal, "POST", "/v2/checkout/orders", by_stripe):
            at_paypal()
        assert state(desk, ids["stripe"]) == "canceled"
        paypal.approve(ids["paypal"])
        assert charge(desk, address, ids["paypal"]).json["status"] == "Charge Successful"
    assert kept(desk, paypal, address) == 1000


def test_clicks_in_several_tabs_at_once(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    address = billed(desk)

    def click(number: int) -> int:
        verb = ("create-stripe-payment", "create-paypal-payment", "verify")[number % 3]
        return desk.organizer.post(f"{address}/{verb}", CREATE if number % 3 == 1 else None).status

    with ThreadPoolExecutor(4) as tabs:
        assert {*tabs.map(click, range(12))} <= {200, 409, 503}
    number = referred(desk, address)
    begun = [
        id
        for id in desk.stripe.intents
        if desk.stripe.seen(id)["metadata"].get("payment", "").startswith(number)
    ]
    for id in begun:  # as each tab does with what it was told
        if state(desk, id) != "canceled":
            desk.stripe.pay(id)
    for id in paypal.orders:
        paypal.approve(id)
        charge(desk, address, id)
    tell(desk)
    desk.organizer.post(f"{address}/verify")
    is_paid = shown(desk, address)["status"] == "paid"
    assert kept(desk, paypal, address) == (1000 if is_paid else 0)
    if not is_paid:  # the tabs have ended each other's payment: one more click begins another
        last = desk.organizer.post(f"{address}/create-stripe-payment").json
        desk.stripe.pay(last["payment_id"])
        assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "paid"}
        assert kept(desk, paypal, address) == 1000


@pytest.mark.parametrize("when", ["before", "after"])
def test_paypal_captures_while_another_tab_begins_by_stripe(
    desk: PayPalCounter, paypal: PayPalStandIn, when: str
) -> None:
    address, other = billed(desk), list[Reply]()
    id = by_paypal_begun(desk, address)
    paypal.approve(id)
    begin = lambda: other.append(desk.organizer.post(f"{address}/create-stripe-payment"))  # noqa: E731
    with during(paypal, "POST", "/capture", begin, when):
        reply = charge(desk, address, id)
    if when == "after":  # it is paid by then
        assert (reply.json["status"], other[0].status) == ("Charge Successful", 409)
        assert (shown(desk, address)["paid-via"], kept(desk, paypal, address)) == ("paypal", 1000)
        return
    assert (reply.status, other[0].status) == (422, 200)
    assert kept(desk, paypal, address) == 0, "what was captured goes back"
    desk.stripe.pay(other[0].json["payment_id"])
    tell(desk)
    assert (shown(desk, address)["paid-via"], kept(desk, paypal, address)) == ("stripe", 1000)


def test_paypal_tells_of_what_nobody_waits_for(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    """A closed browser, and a capture whose request has ended while another tab has begun by Stripe."""
    address = billed(desk)
    id = by_paypal_begun(desk, address)
    paypal.approve(id)
    (event,) = paypal.events
    forged = desk.sent_by_paypal(*paypal.sign(event)[:1], {})
    assert (forged.status, shown(desk, address)["status"]) == (403, "due")
    begun_by_stripe(desk, address)
    paypal.capture(id)
    for event in paypal.events:
        assert desk.hear_paypal(event) == [200]
    desk.pump.everything()
    assert (shown(desk, address)["status"], kept(desk, paypal, address)) == ("due", 0)
    second = by_paypal_begun(desk, address)
    paypal.events.clear()
    paypal.approve(second)
    (event,) = paypal.events
    assert desk.hear_paypal(event, event) == [200, 200]
    desk.pump.everything()
    assert (shown(desk, address)["paid-via"], kept(desk, paypal, address)) == ("paypal", 1000)


@pytest.mark.parametrize("via", ["transfer", "paypal"])
def test_staff_notes_another_payment_while_paypal_captures(
    desk: PayPalCounter, paypal: PayPalStandIn, via: str
) -> None:
    address = billed(desk)
    id = by_paypal_begun(desk, address)
    paypal.approve(id)
    values = {"status": "paid", "paid-via": via, "transaction-id": "OTHER"}
    with during(paypal, "POST", "/capture", lambda: by_staff(desk, address, **values)):
        reply = charge(desk, address, id)
    if via == "transfer":
        assert (reply.status, kept(desk, paypal, address)) == (409, 0)


@pytest.mark.parametrize("via", ["transfer", "stripe"])
def test_nobody_pays_what_staff_has_settled(desk: PayPalCounter, paypal: PayPalStandIn, via: str) -> None:
    address = billed(desk)
    id = begun_by_stripe(desk, address)["payment_id"]
    by_staff(desk, address, status="paid", **{"paid-via": via})
    desk.pump.everything()
    assert state(desk, id) == "canceled"
    assert shown(desk, address)["paid-via"] == via


def test_what_was_begun_at_both_is_ended_once_one_is_paid(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    """As two tabs left it where a process has ended between them."""
    address = billed(desk)
    approved = by_paypal_begun(desk, address)
    id = begun_by_stripe(desk, address)["payment_id"]
    desk.database.run("UPDATE event_invoices SET paypal_token = :id", id=approved)
    paypal.approve(approved)
    desk.stripe.pay(id)
    with on(1, hour=5):
        strike(desk)
    told = shown(desk, address)
    assert (told["status"], kept(desk, paypal, address)) == ("paid", 1000)
    assert charge(desk, address, approved).status in {200, 409}
    assert kept(desk, paypal, address) == 1000


def test_staff_corrects_how_it_was_paid(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    address = billed(desk)
    desk.stripe.pay(begun_by_stripe(desk, address)["payment_id"])
    assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "paid"}
    by_staff(desk, address, **{"paid-via": "transfer"})
    tell(desk)
    with on(1, hour=5):
        strike(desk)
    assert kept(desk, paypal, address) == 1000, "it is the payment that has settled it"


def test_what_went_back_settles_nothing(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    """Such as by Stripe's dashboard, or by a request that was interrupted before it noted so."""
    address = billed(desk)
    id = begun_by_stripe(desk, address)["payment_id"]
    desk.stripe.pay(id)
    desk.stripe._refund(id, {"payment_intent": id, "amount": "1000"})
    assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "due"}
    tell(desk)
    assert shown(desk, address)["status"] == "due"
    desk.database.run("UPDATE event_invoices SET stripe_token = :id", id=id)
    second = begun_by_stripe(desk, address)["payment_id"]
    desk.stripe.pay(second)
    assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "paid"}
    assert kept(desk, paypal, address) == 1000


def test_verifying_while_the_payment_is_replaced(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    address = billed(desk)
    id = begun_by_stripe(desk, address)["payment_id"]
    desk.stripe.pay(id)

    def replace() -> None:
        by_staff(desk, address, amount=7)
        begun_by_stripe(desk, address)

    with during(desk.stripe, "GET", id, replace, "after"):
        assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "due"}
    assert kept(desk, paypal, address) == 0


def test_a_provider_that_the_platform_has_given_up(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    address = billed(desk)
    by_paypal_begun(desk, address)
    desk.database.run("UPDATE settings SET admin_billing_paypal_email = NULL")
    desk.stripe.pay(begun_by_stripe(desk, address)["payment_id"])
    with on(1, hour=5):
        strike(desk)
    assert shown(desk, address)["paid-via"] == "stripe"


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
def test_an_answer_is_lost_and_the_amount_changes(
    desk: PayPalCounter, paypal: PayPalStandIn, provider: str
) -> None:
    """The key of the call was used: another payment is begun, and nobody was told how to pay the first."""
    address, is_stripe = billed(desk), provider == "stripe"
    stand_in: Any = desk.stripe if is_stripe else paypal
    path = "/v1/payment_intents" if is_stripe else "/v2/checkout/orders"
    answered: list[int] = []

    def lost(asked: Asked) -> Told | None:
        if asked.path != path or asked.method != "POST" or answered:
            return None
        answered.append(1)
        stand_in._answer(asked)
        return in_json(500, {"error": {}})

    stand_in.fault = lost
    verb = f"{address}/create-{provider}-payment"
    assert desk.organizer.post(verb, CREATE).status == 503
    stand_in.fault = None
    by_staff(desk, address, amount=7)
    made = desk.organizer.post(verb, CREATE)
    assert (made.status, made.json["status"]) == (200, True), made.text
    if is_stripe:
        assert desk.stripe.seen(made.json["payment_id"])["amount"] == 700
    else:
        assert paypal.orders[made.json["payment_id"]]["purchase_units"][0]["amount"]["value"] == "7.00"


@pytest.mark.parametrize("call", ["cancel", "refund"])
def test_stripe_does_not_answer_and_the_request_is_repeated(
    desk: PayPalCounter, paypal: PayPalStandIn, call: str
) -> None:
    address = billed(desk)
    id = begun_by_stripe(desk, address)["payment_id"]
    if call == "refund":
        desk.stripe.pay(id)
    by_staff(desk, address, amount=7)
    failing = {"cancel": f"{id}/cancel", "refund": "/v1/refunds"}[call]
    desk.stripe.fault = lambda call_of_ours: (
        in_json(500, {"error": {}}) if call_of_ours.path.endswith(failing) else None
    )
    assert desk.organizer.post(f"{address}/create-stripe-payment").status == 503
    assert shown(desk, address)["stripe-token"] == id
    desk.stripe.fault = None
    desk.stripe.pay(begun_by_stripe(desk, address)["payment_id"])
    assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "paid"}
    assert kept(desk, paypal, address) == 700


def test_events_that_are_forged_or_of_other_accounts(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    address = billed(desk)
    id = begun_by_stripe(desk, address)["payment_id"]
    desk.stripe.pay(id)
    tell(desk, account="acct_of_somebody", id="evt_1")
    assert shown(desk, address)["status"] == "due"
    for reference in (
        "event-invoice-0-0-0",
        "event-invoice-999999999999999999-0-1",
        "event-invoice-1",
        7,
        None,
    ):
        about = {"object": "payment_intent", "id": "pi_other", "metadata": {"payment": reference}}
        event = {"id": f"evt_{reference}", "type": "payment_intent.succeeded", "data": {"object": about}}
        assert desk.hear(event, at=int(clock.now().timestamp())) == [200]
    desk.pump.everything()
    tell(desk)
    tell(desk, id="evt_2")
    assert (shown(desk, address)["status"], kept(desk, paypal, address)) == ("paid", 1000)


def test_without_a_publishable_key_nothing_is_begun(desk: PayPalCounter) -> None:
    address = billed(desk)
    for change in (
        "stripe_test_publishable_key = NULL",
        "stripe_mode = 'live', stripe_publishable_key = 'pk', stripe_secret_key = NULL",
    ):
        desk.database.run(f"UPDATE settings SET {change}")
        desk.stripe.calls.clear()
        assert desk.organizer.post(f"{address}/create-stripe-payment").status == 409
        assert desk.stripe.calls == []


def test_whoever_is_billed_changes_neither_its_payment_nor_its_currency(desk: PayPalCounter) -> None:
    address = billed(desk)
    id = desk.organizer.get(address).data["id"]
    for name, value in {"stripe-token": "pi_1", "paypal-token": "X", "status": "paid", "amount": 1}.items():
        sent = document("event-invoice", {name: value}, id)
        assert desk.organizer.patch(f"/v1/event-invoices/{id}", sent).status == 403, name
    # An invoice of the former server is in its event's currency, whose orders were all cancelled.
    desk.database.run("UPDATE event_invoices SET details = NULL, period = NULL")
    desk.database.run("UPDATE orders SET status = 'cancelled'")
    other = document("event", {"payment-currency": "JPY"}, desk.event.id)
    assert desk.organizer.patch(f"/v1/events/{desk.event.id}", other).status == 409
    by_staff(desk, address, status="resolved")
    assert desk.organizer.patch(f"/v1/events/{desk.event.id}", other).status == 200


@pytest.mark.parametrize(
    ("currency", "amount", "in_cents", "value"),
    [("JPY", 1000, 1000, "1000"), ("KWD", 1.25, 1250, None), ("KWD", 1.255, None, None)],
)
def test_amounts_without_decimals_and_with_three(
    desk: PayPalCounter,
    paypal: PayPalStandIn,
    currency: str,
    amount: float,
    in_cents: int | None,
    value: Any,
) -> None:
    address = billed(desk)
    desk.database.run(
        "UPDATE event_invoices SET amount = :amount, "
        "details = jsonb_build_object('currency', CAST(:currency AS text))",
        amount=amount,
        currency=currency,
    )
    made = desk.organizer.post(f"{address}/create-stripe-payment").json
    assert made.get("status") is (in_cents is not None), made
    if in_cents is not None:
        assert desk.stripe.seen(made["payment_id"])["amount"] == in_cents
    reply = desk.organizer.post(f"{address}/create-paypal-payment", CREATE)
    if value is None:
        assert reply.status == 409
    else:
        (unit,) = paypal.orders[reply.json["payment_id"]]["purchase_units"]
        assert unit["amount"] == {"currency_code": currency, "value": value}
    desk.database.run(
        "UPDATE event_invoices SET amount = 10.50, details = jsonb_build_object('currency', 'JPY')"
    )
    for verb in ("create-stripe-payment", "create-paypal-payment"):
        assert desk.organizer.post(f"{address}/{verb}", CREATE).status == 409


def test_the_secret_of_a_payment_is_told_to_whoever_is_billed_alone(
    desk: PayPalCounter, capfd: pytest.CaptureFixture[str]
) -> None:
    address = billed(desk)
    told = begun_by_stripe(desk, address)
    desk.stripe.pay(told["payment_id"])
    tell(desk)
    assert desk.organizer.post(f"{address}/verify").json == {"payment_status": "paid"}
    secret, said = told["client_secret"], capfd.readouterr()
    assert secret not in said.out + said.err
    columns = desk.database.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND data_type IN ('text', 'jsonb', 'character varying', 'bytea')"
    )
    for column in columns:
        name, table = column["column_name"], column["table_name"]
        where = f'position(:secret IN "{name}"::text) > 0'
        assert not desk.database.rows(f'SELECT 1 FROM "{table}" WHERE {where}', secret=secret), (table, name)
    for verb in ("create-stripe-payment", "verify", "create-paypal-payment", "charge"):
        for method in ("GET", "HEAD"):
            assert desk.organizer.request(method, f"{address}/{verb}").status == 405, (method, verb)


def test_an_invoice_without_an_amount_or_in_the_trash(desk: PayPalCounter, paypal: PayPalStandIn) -> None:
    address = billed(desk)
    id = begun_by_stripe(desk, address)["payment_id"]
    for amount in (None, 0):
        by_staff(desk, address, amount=amount)
        for verb in ("create-stripe-payment", "create-paypal-payment"):
            assert desk.organizer.post(f"{address}/{verb}", CREATE).status == 409
    desk.stripe.pay(id)
    tell(desk)
    assert (shown(desk, address)["status"], kept(desk, paypal, address)) == ("due", 0)
    by_staff(desk, address, amount=10)
    trashed = begun_by_stripe(desk, address)["payment_id"]
    desk.database.run("UPDATE event_invoices SET deleted_at = now()")
    for verb in ("create-stripe-payment", "verify"):
        assert desk.organizer.post(f"{address}/{verb}").status in {404, 409}
    desk.stripe.pay(trashed)
    tell(desk)
    assert refunded(desk, trashed) == 1000
