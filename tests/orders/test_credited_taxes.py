"""Taxes of credit notes: at each rate they add up to the invoice's, and electronic credit notes stay valid."""

from decimal import Decimal
from typing import Any

import facturx
import pytest

from tests.factories import stored
from tests.factories.discount_code import make_discount_code
from tests.factories.ticket import make_ticket
from tests.orders.baskets import ORDER, basket
from tests.orders.test_invoices import broken_rules, fetched
from tests.orders.test_taxes import FRENCH, Sale
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database
_BILL = {"company": "Acheteur SA", "address": "1 Rue", "city": "Paris", "zipcode": "75001", "country": "FR"}


class Desk:
    """A sale of tickets with tax rates of their own, paid to the organizer, who refunds."""

    def __init__(self, client: Client, database: TestDatabase, pump: Pump, *, included: bool) -> None:
        self.sale = Sale(client, database, included=included)
        self.client, self.database, self.pump = client, database, pump

    @property
    def team(self) -> Client:
        return self.client.signed_in_as(self.sale.owner)

    def ticket(self, price: float, rate: float | None) -> Any:
        ticket = stored(make_ticket, event=self.sale.event, type="paid", price=price, is_fee_absorbed=True)
        if rate is not None:
            sent = document("ticket", {"tax-rate": rate}, ticket.id)
            assert self.team.patch(f"/v1/tickets/{ticket.id}", sent).status == 200
        return ticket

    def sold(self, *tickets: Any, reverse: bool = False, **more: Any) -> Any:
        """A completed order of the buyer's, with an invoice."""
        made = self.sale.asking.post(ORDER, basket(*tickets, **more))
        assert made.status == 200, made.text
        for person in self.sale.asking.get(f"/v1/orders/{made.data['id']}/attendees?page[size]=0").data:
            sent = document("attendee", {"email": "ada@example.org"}, person["id"])
            assert self.sale.asking.patch(f"/v1/attendees/{person['id']}", sent).status == 200
        said = {**_BILL, "tax_id": FRENCH if reverse else None, "status": "placed", "payment_mode": "bank"}
        assert self.sale.say(made.data, **said).status == 200
        sent = document("order", {"status": "completed"}, made.data["id"])
        assert self.team.patch(f"/v1/orders/{made.data['id']}", sent).status == 200
        self.pump.everything()
        return made.data

    def attendees(self, order: Any, ticket: Any) -> list[int]:
        rows = self.database.rows(
            "SELECT id FROM attendees WHERE order_id = :id AND ticket_id = :ticket AND deleted_at IS NULL "
            "ORDER BY id",
            id=int(order["id"]), ticket=ticket.id,
        )  # fmt: skip
        return [row["id"] for row in rows]

    def refund(self, order: Any, **asked: Any) -> None:
        address = f"/v1/orders/{order['id']}/refund"
        made = self.team.post(address, asked, content_type="application/json")
        assert made.status == 200, made.text

    def said(self, order: Any) -> tuple[Any, list[Any]]:
        """What the invoice and its credit notes say."""
        self.pump.everything()
        id = int(order["id"])
        notes = self.database.rows("SELECT content FROM credit_notes WHERE order_id = :id ORDER BY id", id=id)
        invoice = self.database.one("SELECT content FROM invoices WHERE order_id = :id", id=id)
        return invoice, [row["content"] for row in notes]

    def demand_valid(self, order: Any) -> list[Any]:
        """Each paper holds by itself, and its XML by the rules; all together are nothing once all went back."""
        invoice, notes = self.said(order)
        listed = self.sale.asking.get(f"/v1/orders/{order['id']}/credit-notes?sort=id").data
        addresses = [f"/v1/orders/invoices/{order['attributes']['identifier']}"]
        for address in addresses + [f"/v1/orders/credit-notes/{note['id']}" for note in listed]:
            content = fetched(self.sale.asking, self.pump, address)
            _, xml = facturx.get_facturx_xml_from_pdf(content, check_xsd=True)
            assert xml, address
            assert broken_rules(xml) == [], (address, xml.decode())
        for said in notes:
            assert Decimal(said["net"]) >= 0, said
            assert Decimal(said["gross"]) + Decimal(said["adjustment"]) >= 0
        return [invoice, *notes]


def at_rates(said: Any) -> dict[str, tuple[Decimal, Decimal]]:
    return {rate["percent"]: (Decimal(rate["net"]), Decimal(rate["amount"])) for rate in said["tax"]["rates"]}


def demand_sums(invoice: Any, notes: list[Any]) -> None:
    """Credit notes of all add up to the invoice, at each rate."""
    for name in ("total", "net"):
        assert sum(Decimal(note[name]) for note in notes) == Decimal(invoice[name])
    tax = sum(Decimal(note["tax"]["amount"]) for note in notes)
    assert tax == Decimal(invoice["tax"]["amount"])
    if invoice["tax"].get("rates") and not invoice["tax"].get("reverse_charge"):
        for percent, (net, amount) in at_rates(invoice).items():
            found = [at_rates(note).get(percent, (Decimal(0), Decimal(0))) for note in notes]
            assert (sum(value for value, _ in found), sum(two for _, two in found)) == (net, amount)


@pytest.fixture(params=[True, False], ids=["included", "added"])
def desk(request: Any, client: Client, database: TestDatabase, pump: Pump) -> Desk:
    return Desk(client, database, pump, included=request.param)


@pytest.mark.parametrize("reverse", [False, True], ids=["charged", "reverse"])
def test_refunds_in_steps_add_up_at_each_rate(desk: Desk, reverse: bool) -> None:
    low, high, none = desk.ticket(107, 7), desk.ticket(119, None), desk.ticket(10, 0)
    order = desk.sold((low, 2), (high, 2), none, reverse=reverse)
    desk.refund(order, attendees=[desk.attendees(order, low)[0]])
    desk.refund(order, amount=33.33)
    desk.refund(order, attendees=[desk.attendees(order, low)[0], desk.attendees(order, high)[0]])
    desk.refund(order)
    invoice, *notes = desk.demand_valid(order)
    assert len(notes) == 4
    demand_sums(invoice, notes)


def test_a_currency_without_decimals_has_electronic_papers_too(desk: Desk) -> None:
    sent = document("event", {"payment-currency": "JPY"}, desk.sale.event.id)
    assert desk.team.patch(f"/v1/events/{desk.sale.event.id}", sent).status == 200
    low, high = desk.ticket(107, 7), desk.ticket(119, None)
    order = desk.sold((low, 2), high)
    desk.refund(order, attendees=[desk.attendees(order, low)[0]])
    desk.refund(order, amount=3)
    desk.refund(order)
    invoice, *notes = desk.demand_valid(order)
    demand_sums(invoice, notes)


def test_no_ticket_has_the_rate_of_the_event(desk: Desk) -> None:
    low, none = desk.ticket(107, 7), desk.ticket(10, 0)
    order = desk.sold((low, 2), (none, 2))
    desk.refund(order, amount=12.34)
    desk.refund(order)
    invoice, *notes = desk.demand_valid(order)
    demand_sums(invoice, notes)


def test_one_ticket_is_free(desk: Desk) -> None:
    low, high = desk.ticket(107, 7), desk.ticket(119, None)
    free = stored(make_ticket, event=desk.sale.event, type="free", price=0)
    sent = document("ticket", {"tax-rate": 5}, free.id)
    assert desk.team.patch(f"/v1/tickets/{free.id}", sent).status == 200
    order = desk.sold((low, 2), (high, 2), (free, 2))
    desk.refund(order, attendees=[desk.attendees(order, free)[0], desk.attendees(order, high)[0]])
    desk.refund(order)
    invoice, *notes = desk.demand_valid(order)
    demand_sums(invoice, notes)


@pytest.mark.parametrize("percent", [50, 100])
def test_a_discount_lowers_what_is_credited_at_its_rate(desk: Desk, percent: int) -> None:
    low, high = desk.ticket(107, 7), desk.ticket(119, None)
    code = stored(make_discount_code, event=desk.sale.event, tickets=(low,), value=percent)
    order = desk.sold((low, 2), (high, 2), discount_code=code.code)
    desk.refund(order, attendees=[desk.attendees(order, low)[0], desk.attendees(order, high)[0]])
    desk.refund(order)
    invoice, *notes = desk.demand_valid(order)
    demand_sums(invoice, notes)
    first, second = (
        {
            **dict.fromkeys(["7", "19"], Decimal(0)),
            **{at: sum(both, Decimal(0)) for at, both in actual.items()},
        }
        for actual in (at_rates(note) if note["tax"].get("rates") else {} for note in notes)
    )
    assert all(abs(first[percent] - second[percent]) <= Decimal("0.01") for percent in first)


@pytest.mark.parametrize("reverse", [False, True], ids=["charged", "reverse"])
def test_many_small_refunds_leave_no_negative_amount(desk: Desk, reverse: bool) -> None:
    order = desk.sold(desk.ticket(1.19, None), reverse=reverse)
    for _ in range(5):
        desk.refund(order, amount=0.02)
    desk.refund(order)
    invoice, notes = desk.said(order)
    demand_sums(invoice, notes)
    exact = [Decimal(note["total"]) * 19 / 119 for note in notes]
    for note, tax in zip(notes, exact, strict=True):
        if not reverse:
            assert abs(Decimal(note["tax"]["amount"]) - tax) < Decimal("0.015"), note
