"""The body that asks for a basket: what is wrong with it is pointed at, and changes nothing."""

from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.orders.basket.basket import MOST_TICKETS
from tests.factories import stored
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.orders.baskets import CALCULATE, ORDER, Asking, basket, buyer
from tests.support.http_client import Client

__all__ = ["buyer"]

WRONG_QUANTITIES: list[Any] = [
    -1,
    10**12,
    10**400,
    2**31,
    1.5,
    1e40,
    True,
    False,
    "2.5",
    "",
    None,
    [],
    {},
]
WRONG_PRICES: list[Any] = [
    *(1.005, 0.001, -0.01, -1, 10**12 + 1, 10**400, 1e40, True, [], {}),
    *("1.005", "1e-3", "1e40", "1e999999999", "1e-999999999", "1e99999999999999999999", "-1", ""),
    *("NaN", "-nan", "sNaN", "Infinity", "-inf", "ten", "1.0000000000000000000000000000000000000001"),
]
WRONG_LISTS: list[Any] = [[], {}, "1", 1, None, {"id": 1}]
WRONG_ENTRIES: list[Any] = [1, "1", None, []]
WRONG_CODES: list[Any] = [1.5, True, -1, 10**30, [], {}]
WRONG_IDS: list[Any] = [0.5, True, None, "", "one", "-1", "1.5", "²", 2**63, 10**400, [], {}]


def test_a_quantity_is_a_whole_number(buyer: Asking) -> None:
    ticket = stored(make_ticket)
    for quantity in WRONG_QUANTITIES:
        assert buyer.refused(basket({"id": ticket.id, "quantity": quantity})) == (422, "/tickets/0/quantity")
    for quantity in (1, 2, 2.0, "2"):
        assert buyer.accepted(basket({"id": ticket.id, "quantity": quantity}))
    # Nothing said is one.
    assert buyer.accepted(basket({"id": ticket.id}))["tickets"][0]["quantity"] == 1


def test_a_line_with_nothing_of_a_ticket_counts_as_nothing(buyer: Asking) -> None:
    ticket, sold_out = stored(make_ticket), stored(make_ticket, sales_ends_at=clock.now())
    some = {"id": ticket.id, "quantity": 2}
    nothing = [{"id": id, "quantity": 0} for id in (ticket.id, sold_out.id, 999_999)]
    alone, beside = buyer.accepted(basket(some)), buyer.accepted(basket(nothing[1], some, *nothing))
    assert (beside["total"], beside["tickets"]) == (alone["total"], alone["tickets"])
    empty = buyer.client.post(CALCULATE, basket(*nothing))
    assert (empty.status, empty.json["total"], empty.json["tickets"]) == (200, 0, [])
    refused = buyer.client.post(ORDER, basket(*nothing))
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/tickets")


def test_a_price_is_an_amount_of_money(buyer: Asking) -> None:
    ticket = stored(make_ticket, type="donation", max_price=None)
    for price in WRONG_PRICES:
        assert buyer.refused(basket({"id": ticket.id, "price": price})) == (422, "/tickets/0/price"), price
    for price, total in ((0, 0), (-0.0, 0), ("0e-999999999", 0), (12.5, 12.5), ("12.50", 12.5), (0.01, 0.01)):
        assert buyer.accepted(basket({"id": ticket.id, "price": price}))["total"] == total


def test_a_ticket_is_named_by_its_id(buyer: Asking) -> None:
    ticket = stored(make_ticket)
    for id in WRONG_IDS:
        assert buyer.refused(basket({"id": id})) == (422, "/tickets/0/id")
    assert buyer.refused(basket({"quantity": 1})) == (422, "/tickets/0/id")
    assert buyer.accepted(basket({"id": ticket.id}))
    assert buyer.accepted(basket({"id": str(ticket.id)}))


def test_every_mistake_is_told_at_once(buyer: Asking) -> None:
    body = {"tickets": [{"id": "1"}, {"quantity": -1}, 7], "access-code": [], "discount-verify": "yes"}
    status, *pointers = buyer.refused(body)
    assert status == 422
    assert sorted(map(str, pointers)) == [
        *("/access-code", "/discount-verify", "/tickets/1/id", "/tickets/1/quantity", "/tickets/2"),
    ]


@pytest.mark.parametrize("body", [[], "tickets", 7, None, True])
def test_a_basket_is_an_object(client: Client, buyer: Asking, body: Any) -> None:
    for address in (CALCULATE, ORDER):
        reply = buyer.client.post(address, body=b"null") if body is None else buyer.client.post(address, body)
        assert (reply.status, reply.errors[0]["source"]) == (400, {"pointer": ""})
    nothing = client.post(CALCULATE, body=b"")
    assert (nothing.status, nothing.errors[0]["source"]) == (400, {"pointer": ""})


def test_a_basket_has_a_list_of_1_to_100_tickets(buyer: Asking) -> None:
    event = stored(make_event)
    tickets = [stored(make_ticket, event=event) for _ in range(101)]
    assert buyer.refused({}) == (422, "/tickets")
    for wrong in WRONG_LISTS:
        assert buyer.refused({"tickets": wrong}) == (422, "/tickets")
    for wrong in WRONG_ENTRIES:
        assert buyer.refused({"tickets": [wrong]}) == (422, "/tickets/0")
    assert buyer.refused(basket(*tickets)) == (422, "/tickets")
    assert len(buyer.accepted(basket(*tickets[:100]))["tickets"]) == 100


def test_an_order_has_a_thousand_tickets_at_most(buyer: Asking) -> None:
    event = stored(make_event)
    one, other = (stored(make_ticket, event=event, quantity=5000, max_order=5000) for _ in range(2))
    assert buyer.refused(basket((one, MOST_TICKETS), other)) == (422, "/tickets")
    assert buyer.accepted(basket((one, MOST_TICKETS - 1), other))


def test_a_ticket_is_in_the_list_once(buyer: Asking) -> None:
    event = stored(make_event)
    one, other = (stored(make_ticket, event=event) for _ in range(2))
    again = {"id": one.id}  # a number this time
    assert buyer.refused(basket(one, other, again)) == (422, "/tickets/2/id")
    assert buyer.accepted(basket(one, other))


def test_an_order_costs_no_more_than_can_be_told_to_the_cent(buyer: Asking) -> None:
    ticket = stored(make_ticket, type="donation", max_price=None)
    most = {"id": ticket.id, "price": 10**12}
    assert buyer.refused(basket({**most, "quantity": 2})) == (422, "/tickets")
    assert buyer.accepted(basket(most))["total"] == 10**12
    below = {"id": ticket.id, "price": 999999999999.99}
    assert buyer.accepted(basket(below))["total"] == 999999999999.99


def test_codes_are_numbers_or_texts(buyer: Asking) -> None:
    ticket = stored(make_ticket)
    for name in ("discount-code", "access-code"):
        for wrong in WRONG_CODES:
            assert buyer.refused({**basket(ticket), name: wrong}) == (422, f"/{name}"), wrong
        for nothing in (None, "", "  "):
            assert buyer.accepted({**basket(ticket), name: nothing})
    for neither in ("true", None, 7):
        assert buyer.refused({**basket(ticket), "discount-verify": neither}) == (422, "/discount-verify")


def test_members_may_be_written_with_underscores_and_are_pointed_at_as_they_were(buyer: Asking) -> None:
    event = stored(make_event)
    ticket = stored(make_ticket, event=event, type="paid", price=10)
    code = stored(make_discount_code, event=event, tickets=(ticket,), tickets_number=1)
    for underscored in ({"discount_code": code.code}, {"discount_code": code.code, "access_code": None}):
        told = buyer.client.post(CALCULATE, {**basket(ticket), **underscored}).json
        assert told["total"] == 9
    all_or_none = {**basket((ticket, 2)), "discount_code": code.code, "discount_verify": True}
    assert buyer.refused(all_or_none) == (422, "/discount_code")
    assert buyer.refused({**basket(ticket), "access_code": "NONE"}) == (422, "/access_code")
    assert buyer.refused({**basket(ticket), "discount_verify": "x"}) == (422, "/discount_verify")
    assert buyer.accepted({**basket(ticket), "discount_code": code.code})["discount"] == 1


def test_members_that_mean_nothing_are_passed_over(buyer: Asking) -> None:
    ticket = stored(make_ticket)
    body = {**basket({"id": ticket.id, "name": "x", "sub-total": -5}), "total": -5, "status": "completed"}
    assert buyer.accepted(body)["total"] == 0


def test_a_text_that_no_database_holds_is_refused(buyer: Asking) -> None:
    ticket = stored(make_ticket)
    assert buyer.refused(basket(ticket, discount_code="A\x00B")) == (422, "/discount-code")


def test_an_order_needs_an_account_and_a_price_does_not(client: Client) -> None:
    body = basket(stored(make_ticket))
    assert client.post(CALCULATE, body).status == 200
    reply = client.post(ORDER, body)
    assert (reply.status, reply.errors[0]["source"]) == (401, {"header": "Authorization"})
