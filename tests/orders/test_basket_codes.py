"""Codes in a basket, whatever they do: whose they are, how they are named, and that orders remember them."""

from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.orders.baskets import ORDER, Asking, basket, buyer, hidden, paid
from tests.support.databases import TestDatabase

__all__ = ["buyer"]


@pytest.mark.parametrize("noun", ["discount", "access"])
def test_codes_of_other_events_and_codes_in_the_trash_are_none(buyer: Asking, noun: str) -> None:
    event = stored(make_event)
    make: Any = make_discount_code if noun == "discount" else make_access_code
    ticket = paid(event)
    foreign, trashed = stored(make), stored(make, event=event, deleted_at=clock.now())
    for wrong in (foreign.code, foreign.id, str(foreign.id), trashed.code, trashed.id, "NONE", 2**60, 2**80):
        body = basket(ticket, **{f"{noun}_code": wrong})
        assert buyer.refused(body) == (422, f"/{noun}-code")
    mine = stored(make, event=event)
    for right in (mine.code, mine.code.lower(), f" {mine.code} "):
        assert buyer.accepted(basket(ticket, **{f"{noun}_code": right}))


def test_the_order_remembers_its_codes(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    ticket = hidden(event, type="paid", price=10)
    access = stored(make_access_code, event=event, tickets=(ticket,))
    discount = stored(make_discount_code, event=event, tickets=(ticket,))
    made = buyer.client.post(ORDER, basket(ticket, access_code=access.code, discount_code=discount.code))
    assert (made.status, made.data["attributes"]["amount"]) == (200, 9)
    (order,) = database.rows("SELECT discount_code_id, access_code_id FROM orders")
    assert order == {"discount_code_id": discount.id, "access_code_id": access.id}
