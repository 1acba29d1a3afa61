"""What baskets cost over HTTP: the examples of the rules, taxes in both forms, and the platform's fee."""

from typing import Any

import pytest

from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.tax import make_tax
from tests.factories.ticket import make_ticket
from tests.factories.ticket_fee import make_ticket_fee
from tests.orders.baskets import CALCULATE, Asking, basket, buyer
from tests.support.databases import TestDatabase

__all__ = ["buyer"]


def summit(**tax: Any) -> tuple[Event, list[Any], dict[str, Any]]:
    """The event of the example with its tickets, and a basket of them."""
    event = stored(make_event, is_tax_enabled=True, payment_currency="EUR")
    stored(make_tax, event=event, name="VAT", rate=18, **tax)
    tickets = [
        stored(make_ticket, event=event, type="paid", price="123.5"),
        stored(make_ticket, event=event, type="paid", price="456.3"),
        stored(make_ticket, event=event, type="donation", min_price=1, max_price=1000),
        stored(make_ticket, event=event, type="free", price="99.9"),
    ]
    gift = {"id": tickets[2].id, "quantity": 3, "price": 789.7}
    return event, tickets, basket((tickets[0], 2), (tickets[1], 4), gift, (tickets[3], 3))


def test_the_example_of_the_rules(buyer: Asking, database: TestDatabase) -> None:
    _, tickets, wanted = summit()
    told = buyer.accepted(wanted)
    assert (told["sub_total"], told["total"], told["discount"]) == (4441.3, 5240.73, 0)
    assert told["tax"] == {"included": False, "amount": 799.43, "percent": 18, "name": "VAT"}
    assert told["tickets"][1] == {
        "id": tickets[1].id,
        "name": tickets[1].name,
        "price": 456.3,
        "quantity": 4,
        "discount": None,
        "ticket_fee": 0,
        "sub_total": 1825.2,
        "ticket_tax": 82.13,
        "discounted_tax": None,
    }
    assert [ticket["sub_total"] for ticket in told["tickets"]] == [247, 1825.2, 2369.1, 0]
    assert database.one("SELECT amount::text FROM orders") == "5240.73"
    sold = database.rows("SELECT quantity, price FROM orders_tickets ORDER BY ticket_id")
    assert [(item["quantity"], float(item["price"])) for item in sold] == [
        (2, 123.5),
        (4, 456.3),
        (3, 789.7),
        (3, 0),
    ]


def test_the_example_of_the_rules_with_ten_percent_off_all_but_the_first(buyer: Asking) -> None:
    event, tickets, wanted = summit()
    code = stored(make_discount_code, event=event, tickets=tuple(tickets[1:]), value=10).code
    told = buyer.accepted({**wanted, "discount-code": code})
    assert (told["sub_total"], told["total"], told["discount"]) == (4021.87, 4745.81, 419.43)
    assert told["tax"]["amount"] == 723.94
    assert told["tickets"][1]["discount"] == {
        "code": code,
        "percent": 10,
        "amount": 45.63,
        "total": 182.52,
        "type": "percent",
    }
    assert told["tickets"][1]["discounted_tax"] == 73.92
    assert [ticket["discount"] for ticket in told["tickets"]][::3] == [None, None]


def test_the_order_of_the_lines_does_not_matter(buyer: Asking) -> None:
    event, tickets, wanted = summit()
    code = stored(make_discount_code, event=event, tickets=tuple(tickets), value="33.333", tickets_number=5)
    forward = buyer.client.post(CALCULATE, {**wanted, "discount-code": code.code}).json
    turned = {"tickets": wanted["tickets"][::-1], "discount-code": code.code}
    backward = buyer.client.post(CALCULATE, turned).json
    assert backward["tickets"][::-1] == forward["tickets"]
    assert {**backward, "tickets": 0} == {**forward, "tickets": 0}


def test_a_tax_in_the_prices_adds_nothing(buyer: Asking) -> None:
    _, _, wanted = summit(is_tax_included_in_price=True)
    told = buyer.accepted(wanted)
    assert (told["sub_total"], told["total"]) == (4441.3, 4441.3)
    assert told["tax"] == {"included": True, "amount": 677.49, "percent": 18, "name": "VAT"}
    assert told["tickets"][0]["ticket_tax"] == 18.84  # of one


@pytest.mark.parametrize(
    "change", ["UPDATE events SET is_tax_enabled = false", "UPDATE taxes SET deleted_at = now()"]
)
def test_a_tax_that_was_given_up_is_not_taken(buyer: Asking, database: TestDatabase, change: str) -> None:
    _, _, wanted = summit()
    database.run(change)
    told = buyer.accepted(wanted)
    assert (told["total"], told["tax"], told["tickets"][0]["ticket_tax"]) == (4441.3, None, None)


def test_half_a_cent_is_rounded_up(buyer: Asking) -> None:
    event = stored(make_event, is_tax_enabled=True)
    stored(make_tax, event=event, rate="0.5")
    ticket = stored(make_ticket, event=event, type="paid", price=1)
    told = buyer.accepted(basket(ticket))
    assert (told["total"], told["tax"]["amount"]) == (1.01, 0.01)


@pytest.fixture
def priced() -> tuple[Event, Any]:
    """A ticket for 200 at an event in Germany that is paid in euros."""
    event = stored(make_event, payment_currency="EUR", payment_country="DE")
    return event, stored(make_ticket, event=event, type="paid", price=200)


def fee_on(buyer: Asking, ticket: Any, quantity: int = 1) -> float:
    told = buyer.accepted(basket((ticket, quantity)))
    fee: float = told["tickets"][0]["ticket_fee"]
    assert told["tickets"][0]["sub_total"] == told["sub_total"] == told["total"] == 200 * quantity + fee
    return fee


def test_the_fee_is_that_of_the_currency_and_its_own_country_first(
    database: TestDatabase, buyer: Asking
) -> None:
    event = stored(make_event, payment_currency="EUR", payment_country="DE")
    ticket = stored(make_ticket, event=event, type="paid", price=200)
    stored(make_ticket_fee, currency="USD", country="DE", service_fee=50, maximum_fee=None)
    assert fee_on(buyer, ticket) == 0
    for country, percent in (("FR", 4), (None, 3), ("global", 2), ("DE", 1)):
        stored(make_ticket_fee, currency="EUR", country=country, service_fee=percent, maximum_fee=None)
        assert fee_on(buyer, ticket) == 200 * percent / 100
    database.run("UPDATE events SET payment_country = NULL")
    assert fee_on(buyer, ticket) == 4
    database.run("UPDATE events SET payment_currency = NULL")
    assert fee_on(buyer, ticket) == 0


def test_the_fee_has_a_maximum_for_each_line(database: TestDatabase, buyer: Asking) -> None:
    event = stored(make_event, payment_currency="EUR")
    tickets = [stored(make_ticket, event=event, type="paid", price=price) for price in (200, 10)]
    stored(make_ticket_fee, currency="EUR", service_fee="4.5", maximum_fee=30)
    assert [fee_on(buyer, tickets[0], quantity) for quantity in (1, 3, 4, 10)] == [9, 27, 30, 30]
    told = buyer.accepted(basket((tickets[0], 10), (tickets[1], 10)))
    assert [ticket["ticket_fee"] for ticket in told["tickets"]] == [30, 4.5]
    assert (told["sub_total"], told["total"]) == (2134.5, 2134.5)
    database.run("UPDATE ticket_fees SET maximum_fee = NULL")
    assert fee_on(buyer, tickets[0], 5) == 45
    database.run("UPDATE ticket_fees SET service_fee = NULL")
    assert fee_on(buyer, tickets[0], 5) == 0


def test_the_fee_is_on_the_full_price_and_taxed_and_absorbed_where_the_organizer_bears_it(
    buyer: Asking,
) -> None:
    event = stored(make_event, payment_currency="EUR", is_tax_enabled=True)
    stored(make_tax, event=event, rate=20)
    stored(make_ticket_fee, currency="EUR", service_fee=5, maximum_fee=None)
    ticket = stored(make_ticket, event=event, type="paid", price=100)
    absorbed = stored(make_ticket, event=event, type="paid", price=100, is_fee_absorbed=True)
    free = stored(make_ticket, event=event)
    code = stored(make_discount_code, event=event, tickets=(ticket, absorbed), value=50).code
    told = buyer.accepted(basket(ticket, absorbed, free, discount_code=code))
    assert [ticket["ticket_fee"] for ticket in told["tickets"]] == [5, 0, 0]
    assert [ticket["sub_total"] for ticket in told["tickets"]] == [55, 50, 0]
    assert (told["sub_total"], told["tax"]["amount"], told["total"]) == (105, 21, 126)
