"""What each has paid, in an export by SQL, is what a refund would share by Python: for all kinds of orders."""

import random
from decimal import Decimal
from typing import Any

import pytest

from chalicelib import clock, db
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.attendee.cancellation import TicketCancellation
from chalicelib.resources.orders.order.table import orders_tickets
from chalicelib.resources.orders.payment.payment import Payment
from chalicelib.resources.orders.payment.shares import _shares_of
from chalicelib.values.money import from_minor
from tests.exports.conftest import Fair
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.discount_code import make_discount_code
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket

pytestmark = pytest.mark.one_database
_ORDERS = 40
_COLUMNS = "ticket-id,price-paid"


def ordered(fair: Fair, chance: random.Random, tickets: list[Any], codes: list[Any]) -> tuple[Any, int]:
    """A completed order of whatever is possible, and its amount in minor units."""
    currency = chance.choice(["EUR", "EUR", "JPY", "KWD"])
    minor = chance.choice([1, 7, 100, 9_999, chance.randrange(1, 10**7)])
    percent = chance.choice(["7", "19", "8.1"])
    tax = {
        "name": "VAT", "percent": percent, "included": chance.random() < 0.5,
        "reverse_charge": chance.random() < 0.3, "amount": "0",
    }  # fmt: skip
    order = stored(
        make_order,
        event=fair.event,
        status="completed",
        currency=currency,
        amount=from_minor(minor, currency),
        tax=chance.choice([None, tax]),
    )
    for ticket in chance.sample(tickets, chance.randrange(1, len(tickets) + 1)):
        line = {"order_id": order.id, "ticket_id": ticket.id, "quantity": 2, "name": ticket.name}
        sold_for = {"price": Decimal(chance.choice(["0", "0.01", "12.5", "33.33"]))}
        sold_for |= chance.choice([{}, {"tax_rate": Decimal("5.5")}])
        # As it was taken off then, whatever the code says by now; null in old orders.
        sold_for |= chance.choice([{}, {"discount": Decimal(chance.choice(["0", "0.005", "5", "50"]))}])
        with db.transaction() as session:
            session.execute(orders_tickets.insert().values(**line, **sold_for))
        for _ in range(chance.randrange(1, 4)):
            code = chance.choice([None, *codes])
            applied = (
                {"discount_code_id": code.id, "is_discount_applied": chance.random() < 0.8} if code else {}
            )
            person = stored(make_attendee, event=fair.event, order=order, ticket=ticket, **applied)
            if chance.random() < 0.2:
                cancel(person.id, order.id)
    return order, minor


def cancel(attendee_id: int, order_id: int) -> None:
    """The ticket is given up, and nothing goes back: its share stays its own."""
    with db.transaction() as session:
        session.add(TicketCancellation(attendee_id=attendee_id, order_id=order_id, is_of_paid=True))
        session.get_one(Attendee, attendee_id).deleted_at = clock.now()


def test_shares_are_those_of_a_refund(fair: Fair) -> None:
    chance = random.Random(5)  # noqa: S311 - the same in each run
    tickets = [
        stored(make_ticket, event=fair.event, type="paid", price=price, quantity=1000)
        for price in (10, 20, 0.5)
    ]
    codes = [
        stored(make_discount_code, event=fair.event, type=type, value=value, tickets_number=1000)
        for type, value in (("amount", 5), ("percent", 33), ("percent", 100), ("amount", 0))
    ]
    expected: dict[str, Decimal] = {}
    for _ in range(_ORDERS):
        order, minor = ordered(fair, chance, tickets, codes)
        with db.transaction() as session:
            shares = _shares_of(session, Payment(order_id=order.id, amount_minor=minor))
        named = fair.database.rows(
            "SELECT id, identifier, deleted_at FROM attendees WHERE order_id = :id", id=order.id
        )
        assert len(shares) == len(named)
        for person in (person for person in named if person["deleted_at"] is None):
            share = from_minor(shares[person["id"]], order.currency)
            expected[f"{order.identifier}-{person['identifier']}"] = share
    records = fair.asking.records(fair.path("attendees.csv"), columns=_COLUMNS)
    assert {record["Ticket ID"]: Decimal(record["Price Paid"]) for record in records} == expected
    assert len(set(expected.values())) > _ORDERS
