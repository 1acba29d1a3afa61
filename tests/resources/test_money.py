"""Amounts of money in every noun: numbers from 0 to a million millions with two digits after the point."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.discount_code import attributes as discount_code
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import attributes as ticket
from tests.factories.ticket_fee import attributes as ticket_fee
from tests.factories.ticket_fee import make_ticket_fee
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

# What is no amount of money, however it is written.
WRONG: list[Any] = [
    *(1.005, 0.001, -0.01, -1, 10**12 + 0.01, 10**40, 1e40, True, [], {}),
    *("1.005", "1e-3", "1e40", "1e999999999", "1e-999999999", "1e99999999999999999999", "-0.01"),
    *("NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "inf", "ten", ""),
    *("1.00000000000000000000000000000000000000001", "1000000000000.01"),
]
RIGHT: list[tuple[Any, float]] = [
    *(
        (0.01, 0.01),
        (19, 19),
        (19.9, 19.9),
        (123.45, 123.45),
        (10**12, 10**12),
        (999999999999.99, 999999999999.99),
    ),
    *(("19.90", 19.9), ("19.9000000000000000000000000000000000000", 19.9), ("1e2", 100)),
]


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True))


def refused(reply: Reply, name: str) -> bool:
    pointers = [error["source"]["pointer"] for error in reply.errors] if reply.status >= 400 else []
    return (reply.status, pointers) == (422, [f"/data/attributes/{name}"])


@pytest.mark.parametrize("name", ["price", "min-price", "max-price"])
def test_prices_of_tickets_are_amounts_of_money(staff: Client, database: TestDatabase, name: str) -> None:
    event = stored(make_event)

    def create(value: Any) -> Reply:
        sent = {**ticket(), "type": "paid", "price": 5, name: value}
        return staff.post("/v1/tickets", document("ticket", sent, event=("event", event)))

    for value in WRONG:
        assert refused(create(value), name), value
    assert database.one("SELECT count(*) FROM tickets") == 0
    for value, kept in RIGHT:
        reply = create(value)
        assert (reply.status, reply.json["data"]["attributes"][name]) == (201, kept)


def test_a_discount_by_an_amount_is_one_of_money(staff: Client, database: TestDatabase) -> None:
    event = stored(make_event)

    def create(kind: str, value: Any) -> Reply:
        sent = {**discount_code(), "type": kind, "value": value}
        return staff.post("/v1/discount-codes", document("discount-code", sent, event=("event", event)))

    for value in WRONG:
        assert refused(create("amount", value), "value"), value
    assert database.one("SELECT count(*) FROM discount_codes") == 0
    for value, kept in RIGHT:
        reply = create("amount", value)
        assert (reply.status, reply.json["data"]["attributes"]["value"]) == (201, kept)
    third = create("percent", 33.333)
    assert (third.status, third.json["data"]["attributes"]["value"]) == (201, 33.333)


def test_a_percentage_with_more_digits_does_not_become_an_amount(staff: Client) -> None:
    code = stored(make_discount_code, type="percent", value="33.333")

    def change(**values: Any) -> Reply:
        return staff.patch(f"/v1/discount-codes/{code.id}", document("discount-code", values, code.id))

    assert refused(change(type="amount"), "value")
    assert change(type="amount", value=33.33).status == 200


def test_an_order_costs_an_amount_of_money(staff: Client, database: TestDatabase) -> None:
    order = stored(make_order, amount=50)

    def change(value: Any) -> Reply:
        return staff.patch(f"/v1/orders/{order.identifier}", document("order", {"amount": value}, order.id))

    for value in WRONG:
        assert refused(change(value), "amount"), value
    assert database.one("SELECT amount FROM orders") == 50
    for value, kept in RIGHT:
        reply = change(value)
        assert (reply.status, reply.json["data"]["attributes"]["amount"]) == (200, kept)


def test_the_most_that_the_platform_takes_is_an_amount_of_money(
    staff: Client, database: TestDatabase
) -> None:
    fee = stored(make_ticket_fee, maximum_fee=30)

    def change(**values: Any) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in values.items()}
        return staff.patch(f"/v1/ticket-fees/{fee.id}", document("ticket-fee", sent, fee.id))

    for value in WRONG:
        assert refused(change(maximum_fee=value), "maximum-fee"), value
    assert database.one("SELECT maximum_fee FROM ticket_fees") == 30
    for value, kept in RIGHT:
        reply = change(maximum_fee=value)
        assert (reply.status, reply.json["data"]["attributes"]["maximum-fee"]) == (200, kept)
    assert change(service_fee=4.125).status == 200
    unlimited = staff.post("/v1/ticket-fees", document("ticket-fee", {**ticket_fee(), "maximum-fee": None}))
    assert unlimited.status == 201
