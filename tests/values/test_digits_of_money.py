"""Amounts have the digits of their currency, whichever way they come in, and so has what they add up to."""

from typing import Any

import pytest

from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.event_invoice import make_event_invoice
from tests.factories.order import make_order
from tests.factories.tax import make_tax
from tests.factories.ticket import attributes as ticket_attributes
from tests.factories.ticket import make_ticket
from tests.factories.ticket_fee import make_ticket_fee
from tests.factories.user import make_user
from tests.orders.baskets import CALCULATE, ORDER, basket
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

# A currency, an amount with as many digits as it has, and one with one more.
CASES = [("JPY", 94, 94.5), ("EUR", 94.55, 94.555), ("KWD", 94.555, 94.5555), (None, 94.55, 94.555)]


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


def refused(reply: Reply, pointer: str) -> bool:
    return reply.status == 422 and pointer in {error["source"]["pointer"] for error in reply.errors}


@pytest.mark.parametrize(("currency", "right", "wrong"), CASES)
def test_a_ticket_costs_what_can_be_paid(
    staff: Client, database: TestDatabase, currency: str | None, right: float, wrong: float
) -> None:
    event = stored(make_event, payment_currency=currency)

    def create(amount: float, **more: Any) -> Reply:
        sent = {**ticket_attributes(), "type": "paid", "price": amount, **more}
        return staff.post("/v1/tickets", document("ticket", sent, event=("event", event)))

    made = create(right)
    assert (made.status, made.data["attributes"]["price"]) == (201, right)
    assert refused(create(wrong), "/data/attributes/price")
    for name in ("price", "min-price", "max-price"):
        address, id = f"/v1/tickets/{made.data['id']}", made.data["id"]
        assert refused(
            staff.patch(address, document("ticket", {name: wrong}, id)), f"/data/attributes/{name}"
        )
        assert staff.patch(address, document("ticket", {name: right}, id)).status == 200
    assert database.one("SELECT count(*) FROM tickets") == 1


@pytest.mark.parametrize(("currency", "right", "wrong"), CASES)
def test_every_other_amount_has_the_digits_of_its_currency(
    staff: Client, database: TestDatabase, currency: str | None, right: float, wrong: float
) -> None:
    event = stored(make_event, payment_currency=currency)
    ticket = stored(make_ticket, event=event, type="paid", price=1000)
    order = stored(make_order, event=event, amount=1)
    code = stored(make_discount_code, event=event, tickets=(ticket,), type="amount", value=1)
    rows = {
        f"/v1/orders/{order.id}": ("order", "amount", order.id),
        f"/v1/discount-codes/{code.id}": ("discount-code", "value", code.id),
    }
    invoice = stored(make_event_invoice, event=event)
    rows[f"/v1/event-invoices/{invoice.identifier}"] = ("event-invoice", "amount", invoice.id)
    fee = stored(make_ticket_fee, currency=currency)
    rows[f"/v1/ticket-fees/{fee.id}"] = ("ticket-fee", "maximum-fee", fee.id)
    for address, (type_name, name, id) in rows.items():
        reply = staff.patch(address, document(type_name, {name: wrong}, id))
        assert refused(reply, f"/data/attributes/{name}"), (type_name, reply.text)
        reply = staff.patch(address, document(type_name, {name: right}, id))
        assert (reply.status, reply.data["attributes"][name]) == (200, right), reply.text


@pytest.mark.parametrize(("currency", "right", "wrong"), CASES)
def test_donors_and_the_team_say_amounts_that_can_be_paid(
    staff: Client, database: TestDatabase, currency: str | None, right: float, wrong: float
) -> None:
    event = stored(make_event, payment_currency=currency)
    ticket = stored(make_ticket, event=event, type="donation", max_price=None)
    for address in (CALCULATE, ORDER):
        assert refused(staff.post(address, basket({"id": ticket.id, "price": wrong})), "/tickets/0/price")
    given = basket({"id": ticket.id, "price": right})
    assert staff.post(CALCULATE, given).json["total"] == right
    assert refused(staff.post(ORDER, {**given, "amount": wrong}), "/amount")
    assert staff.post(ORDER, {**given, "amount": right}).data["attributes"]["amount"] == right


def test_a_ticket_does_not_move_to_where_nobody_can_pay_its_price(
    staff: Client, database: TestDatabase
) -> None:
    here, there = (stored(make_event, payment_currency=code) for code in ("EUR", "JPY"))
    ticket = stored(make_ticket, event=here, type="paid", price="94.50")
    target = {"data": {"type": "event", "id": str(there.id)}}
    by_document = document("ticket", {}, ticket.id, event=("event", there))
    assert refused(staff.patch(f"/v1/tickets/{ticket.id}", by_document), "/data/attributes/price")
    moved = staff.patch(f"/v1/tickets/{ticket.id}/relationships/event", target)
    taken = staff.post(
        f"/v1/events/{there.id}/relationships/tickets", {"data": [{"type": "ticket", "id": str(ticket.id)}]}
    )
    assert (moved.status, taken.status) == (422, 422), (moved.text, taken.text)
    assert database.one("SELECT event_id FROM tickets") == here.id


def change_currency(staff: Client, event: Event, currency: str | None) -> Reply:
    return staff.patch(f"/v1/events/{event.id}", document("event", {"payment-currency": currency}, event.id))


def test_the_currency_changes_to_one_that_has_every_price(staff: Client, database: TestDatabase) -> None:
    event = stored(make_event, payment_currency="EUR")
    ticket = stored(make_ticket, event=event, type="paid", price="94.50")
    code = stored(make_discount_code, event=event, type="amount", value="0.5")
    for _ in range(2):
        assert refused(change_currency(staff, event, "JPY"), "/data/attributes/payment-currency")
        # First for the ticket, then for the code alone.
        database.run("UPDATE tickets SET price = 94")
    database.run("UPDATE discount_codes SET value = 1 WHERE id = :id", id=code.id)
    assert change_currency(staff, event, "JPY").status == 200
    database.run("UPDATE tickets SET deleted_at = now(), price = 94.5")
    back = document("ticket", {"deleted-at": None}, ticket.id)
    restored = staff.patch(f"/v1/tickets/{ticket.id}?get_trashed=true", back)
    assert refused(restored, "/data/attributes/price"), restored.text
    for currency in ("KWD", "EUR", None):
        assert change_currency(staff, event, currency).status == 200


@pytest.mark.parametrize(
    ("currency", "price", "sums"),
    [("JPY", 999, (1998, 200, 1798, 2140, 342)), ("KWD", "0.999", (1.998, 0.2, 1.798, 2.14, 0.342))],
)
def test_what_is_bought_adds_up_in_coins_that_there_are(
    staff: Client, database: TestDatabase, currency: str, price: Any, sums: tuple[float, ...]
) -> None:
    event = stored(make_event, payment_currency=currency, is_tax_enabled=True)
    stored(make_tax, event=event, rate=19, is_tax_included_in_price=False)
    ticket = stored(make_ticket, event=event, type="paid", price=price)
    code = stored(make_discount_code, event=event, tickets=(ticket,), type="percent", value=10).code
    told = staff.post(CALCULATE, basket((ticket, 2), discount_code=code)).json
    _, discount, sub_total, total, tax = sums
    assert (told["discount"], told["sub_total"], told["total"], told["tax"]["amount"]) == (
        discount, sub_total, total, tax
    )  # fmt: skip
    assert told["tickets"][0]["sub_total"] == sub_total
    ordered = staff.post(ORDER, basket((ticket, 2), discount_code=code))
    assert ordered.data["attributes"]["amount"] == total


def test_there_is_a_fee_in_every_currency_that_has_none_of_its_own(
    staff: Client, database: TestDatabase
) -> None:
    stored(make_ticket_fee, currency=None, country="global", service_fee=5, maximum_fee=None)
    stored(make_ticket_fee, currency="EUR", country="global", service_fee=2, maximum_fee=None)
    for currency, fee in (("EUR", 20), ("CHF", 50), (None, 50)):
        event = stored(make_event, payment_currency=currency)
        ticket = stored(make_ticket, event=event, type="paid", price=1000)
        assert staff.post(CALCULATE, basket(ticket)).json["tickets"][0]["ticket_fee"] == fee
