"""Discount codes in a basket: what they take off, when, how often, and for how many at once."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.orders.baskets import INVALID, Asking, basket, buyer, paid
from tests.support.databases import TestDatabase

__all__ = ["buyer"]

HOUR = timedelta(hours=1)


def test_codes_of_the_platform_for_events_discount_no_tickets(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    ticket = paid(event)
    code = stored(make_discount_code, used_for="event", events=(event,), tickets=(ticket,))
    assert buyer.refused(basket(ticket, discount_code=code.code)) == (422, "/discount-code")
    database.run("UPDATE discount_codes SET event_id = :id", id=event.id)
    assert buyer.refused(basket(ticket, discount_code=code.code)) == (422, "/discount-code")
    database.run("UPDATE discount_codes SET used_for = 'ticket'")
    assert buyer.accepted(basket(ticket, discount_code=code.code))["discount"] == 10


@pytest.mark.parametrize("values", INVALID)
def test_a_discount_code_takes_nothing_off_when_it_is_not_valid(
    buyer: Asking, values: dict[str, Any]
) -> None:
    event = stored(make_event)
    ticket = paid(event)
    wrong = stored(make_discount_code, event=event, tickets=(ticket,), **values)
    assert buyer.refused(basket(ticket, discount_code=wrong.code)) == (422, "/discount-code")
    now = {"valid_from": clock.now() - HOUR, "valid_till": clock.now() + HOUR}
    right = stored(make_discount_code, event=event, tickets=(ticket,), **now)
    assert buyer.accepted(basket(ticket, discount_code=right.code))["total"] == 90


def test_a_code_without_an_end_ends_with_its_event(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    ticket = paid(event)
    code = stored(make_discount_code, event=event, tickets=(ticket,), valid_till=None)
    assert buyer.accepted(basket(ticket, discount_code=code.code))["discount"] == 10
    database.run("UPDATE events SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 s'")
    assert buyer.refused(basket(ticket, discount_code=code.code)) == (422, "/discount-code")


def test_a_discount_code_is_for_so_many_at_once(buyer: Asking) -> None:
    event = stored(make_event)
    ticket, other = paid(event), paid(event)
    limits = {"min_quantity": 2, "max_quantity": 3}
    code = stored(make_discount_code, event=event, tickets=(ticket,), **limits).code
    for wrong in (1, 4):
        assert buyer.refused(basket((ticket, wrong), (other, 2), discount_code=code)) == (
            422,
            "/discount-code",
        )
    for right in (2, 3):
        assert buyer.accepted(basket((ticket, right), other, discount_code=code))["discount"] == 10 * right
    # What it is not for does not count.
    assert buyer.accepted(basket(other, discount_code=code))["discount"] == 0


@pytest.mark.parametrize("limit", ["NULL", "-1"])
def test_a_discount_code_may_be_for_any_number_at_once(
    buyer: Asking, database: TestDatabase, limit: str
) -> None:
    event = stored(make_event)
    ticket = paid(event, quantity=500, max_order=500)
    code = stored(make_discount_code, event=event, tickets=(ticket,))
    database.run(f"UPDATE discount_codes SET min_quantity = NULL, max_quantity = {limit}")
    assert buyer.accepted(basket((ticket, 250), discount_code=code.code))["discount"] == 2500


def test_a_discount_code_lasts_for_so_many_in_all(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    first, second, third = paid(event), paid(event, 50), paid(event)
    code = stored(make_discount_code, event=event, tickets=(first, second), tickets_number=4).code
    wanted = basket((second, 3), (third, 1), (first, 2), discount_code=code)
    insisting = {**wanted, "discount-verify": True}
    assert buyer.refused(insisting) == (422, "/discount-code")
    told = buyer.accepted({**wanted, "discount-verify": False})
    # In the order of the tickets' ids: both of the first, then two of the second.
    assert told["discount"] == 2 * 10 + 2 * 5
    of_second, of_third, of_first = (ticket["discount"] for ticket in told["tickets"])
    assert (of_first["total"], of_second["total"], of_third) == (20, 10, None)
    assert "warning" not in of_first
    assert of_second["warning"] == "The code is good for 2 of these 3 tickets."
    discounted = "SELECT ticket_id, count(*) AS n FROM attendees WHERE {} GROUP BY 1 ORDER BY 1"
    for where in ("discount_code_id IS NOT NULL", "is_discount_applied"):
        found = database.rows(discounted.format(where))
        assert [(item["ticket_id"], item["n"]) for item in found] == [(first.id, 2), (second.id, 2)]
    # Now there is nothing left of it: one may insist, or do without.
    assert buyer.refused({**basket(first), "discount-code": code, "discount-verify": True}) == (
        *(422, "/discount-code"),
    )
    without = buyer.accepted(basket(first, discount_code=code))
    assert (without["discount"], without["total"]) == (0, 100)
    assert without["tickets"][0]["discount"]["warning"] == "The code is good for 0 of these 1 tickets."
    assert database.one("SELECT discount_code_id FROM orders ORDER BY id DESC LIMIT 1") is None
    database.run("UPDATE attendees SET deleted_at = now()")  # who cancels gives it back
    assert buyer.accepted({**basket(first, discount_code=code), "discount-verify": True})["discount"] == 10


def test_a_discount_code_that_is_for_other_tickets_takes_nothing_off(
    buyer: Asking, database: TestDatabase
) -> None:
    event = stored(make_event)
    ticket, other = paid(event), paid(event)
    code = stored(make_discount_code, event=event, tickets=(other,))
    told = buyer.accepted(basket(ticket, discount_code=code.code))
    assert (told["discount"], told["tickets"][0]["discount"]) == (0, None)
    assert database.one("SELECT discount_code_id FROM orders") is None


def test_what_is_free_uses_no_discount_up(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    gift, ticket = stored(make_ticket, event=event, type="donation"), paid(event)
    code = stored(make_discount_code, event=event, tickets=(gift, ticket), tickets_number=1).code
    nothing = {"id": gift.id, "quantity": 5, "price": 0}
    assert buyer.accepted(basket(nothing, ticket, discount_code=code))["discount"] == 10
    assert database.one("SELECT taken FROM stocks WHERE discount_code_id IS NOT NULL") == 1


@pytest.mark.parametrize(
    ("kind", "value", "off", "percent"),
    [("percent", 10, 2, 10), ("percent", 100, 20, 100), ("percent", "33.333", 6.67, 33.33), ("amount", 5, 5, 25),
     ("amount", 20, 20, 100), ("amount", 30, 20, 100), ("percent", 0, 0, 0)],
)  # fmt: skip
def test_a_discount_is_a_part_of_the_price_or_an_amount_and_never_more_than_the_price(
    buyer: Asking, kind: str, value: Any, off: float, percent: float
) -> None:
    event = stored(make_event)
    ticket = paid(event, 20)
    code = stored(make_discount_code, event=event, tickets=(ticket,), type=kind, value=value)
    told = buyer.accepted(basket(ticket, discount_code=code.code))
    assert (told["discount"], told["total"], told["sub_total"]) == (off, 20 - off, 20 - off)
    assert told["tickets"][0]["discount"] == {
        "code": code.code,
        "type": kind,
        "amount": off,
        "percent": percent,
        "total": off,
    }
