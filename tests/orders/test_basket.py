"""The rules of a sale: what may be ordered, when, how much of it, and what is there."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.auth.viewer import Kind
from chalicelib.resources import REGISTRY
from chalicelib.resources.orders.basket.statement import statement
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.orders.baskets import CALCULATE, ORDER, Asking, basket, buyer
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.statements import counted_statements

__all__ = ["buyer"]

HOUR = timedelta(hours=1)


def test_tickets_that_are_not_there_are_not_found(buyer: Asking) -> None:
    event = stored(make_event)
    ticket = stored(make_ticket, event=event)
    trashed = stored(make_ticket, event=event, deleted_at=clock.now())
    assert buyer.refused(basket(ticket, {"id": 2**62})) == (404, "/tickets/1/id")
    assert buyer.refused(basket(trashed, ticket)) == (404, "/tickets/0/id")
    assert buyer.accepted(basket(ticket))


def test_tickets_of_an_event_in_the_trash_are_not_found(buyer: Asking, database: TestDatabase) -> None:
    owner = stored(make_user)
    ticket = stored(make_ticket, event=stored(make_event, owner=owner, deleted_at=clock.now()))
    assert buyer.refused(basket(ticket)) == (404, "/tickets/0/id")
    assert buyer.signed_in_as(owner).refused(basket(ticket)) == (404, "/tickets/0/id")
    database.run("UPDATE events SET deleted_at = NULL")
    assert buyer.accepted(basket(ticket))


def test_tickets_of_a_draft_are_there_for_its_team_alone(client: Client, buyer: Asking) -> None:
    owner, staff = stored(make_user), stored(make_user, is_admin=True)
    event = stored(make_event, owner=owner, state="draft")
    ticket = stored(make_ticket, event=event)
    registrar = stored(make_users_events_roles, event=event, role="registrar").user_id
    coorganizer = stored(make_users_events_roles, event=event, role="coorganizer").user_id
    assert buyer.refused(basket(ticket)) == (404, "/tickets/0/id")
    assert buyer.signed_in_as(registrar).refused(basket(ticket)) == (404, "/tickets/0/id")
    assert client.post(CALCULATE, basket(ticket)).status == 404
    for who in (owner, coorganizer, staff):
        assert buyer.signed_in_as(who).accepted(basket(ticket))


def test_tickets_of_two_events_are_two_orders(buyer: Asking) -> None:
    one, other = stored(make_ticket), stored(make_ticket)
    assert buyer.refused(basket(one, other)) == (422, "/tickets/1/id")
    assert buyer.accepted(basket(one))
    assert buyer.accepted(basket(other))
    # Beside the ticket of a draft that strangers do not know of, it is not told that there is one.
    secret = stored(make_ticket, event=stored(make_event, state="draft"))
    assert buyer.refused(basket(one, secret)) == buyer.refused(basket(one, {"id": 2**62}))


def test_an_event_that_is_over_sells_nothing(buyer: Asking, database: TestDatabase) -> None:
    ticket = stored(make_ticket)
    database.run("UPDATE events SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 s'")
    assert buyer.refused(basket(ticket)) == (422, "/tickets")
    database.run("UPDATE events SET ends_at = now() + interval '1 hour'")  # it goes on
    assert buyer.accepted(basket(ticket))


def test_tickets_are_sold_between_two_moments(buyer: Asking) -> None:
    event, now = stored(make_event), clock.now()
    early = stored(make_ticket, event=event, sales_starts_at=now + HOUR)
    late = stored(make_ticket, event=event, sales_starts_at=now - 2 * HOUR, sales_ends_at=now - HOUR)
    on_sale = stored(make_ticket, event=event, sales_starts_at=now - HOUR, sales_ends_at=now + HOUR)
    assert buyer.refused(basket(on_sale, early)) == (422, "/tickets/1/id")
    assert buyer.refused(basket(late, on_sale)) == (422, "/tickets/0/id")
    assert buyer.refused(basket(late, early)) == (422, "/tickets/0/id", "/tickets/1/id")
    assert buyer.accepted(basket(on_sale))


def test_an_order_has_so_many_of_a_ticket_as_it_is_sold_in(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    table = stored(make_ticket, event=event, min_order=4, max_order=8)
    single = stored(make_ticket, event=event)
    database.run("UPDATE tickets SET min_order = NULL, max_order = NULL WHERE id = :id", id=single.id)
    for few_or_many in (3, 9):
        assert buyer.refused(basket(single, (table, few_or_many))) == (422, "/tickets/1/quantity")
    for right in (4, 8):
        assert buyer.accepted(basket((table, right), (single, 11)))


def test_a_donation_is_within_its_range(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    gift = stored(make_ticket, event=event, type="donation", price=7, min_price=5, max_price="20.50")
    wish = stored(make_ticket, event=event, type="donationRegistration", min_price=5)
    database.run("UPDATE tickets SET max_price = NULL WHERE id = :id", id=wish.id)

    def giving(ticket: Any, **price: Any) -> dict[str, Any]:
        return basket({"id": ticket.id, "quantity": 2, **price})

    for wrong in ({}, {"price": None}, {"price": 4.99}, {"price": 0}, {"price": 20.51}):
        assert buyer.refused(giving(gift, **wrong)) == (422, "/tickets/0/price")
    for right in (5, 20.5, 11.11):
        assert buyer.accepted(giving(gift, price=right))["total"] == 2 * right
    assert buyer.refused(giving(wish, price=4)) == (422, "/tickets/0/price")
    assert buyer.accepted(giving(wish, price=10**6))["total"] == 2 * 10**6


def test_a_donation_for_which_no_maximum_was_said_has_none(buyer: Asking) -> None:
    ticket = stored(make_ticket, type="donation")
    assert buyer.accepted(basket({"id": ticket.id, "price": 789.7}))["total"] == 789.7
    assert buyer.accepted(basket({"id": ticket.id, "price": 0}))["total"] == 0
    assert buyer.refused(basket(ticket)) == (422, "/tickets/0/price")


@pytest.mark.parametrize(
    ("kind", "price"),
    [("free", 0), ("freeRegistration", 0), ("paid", 12.5), ("paidRegistration", 12.5), ("vip", 12.5)],
)
def test_nobody_but_donors_says_what_a_ticket_costs(
    buyer: Asking, database: TestDatabase, kind: str, price: float
) -> None:
    ticket = stored(make_ticket, type=kind, price="12.50")
    told = buyer.accepted(basket({"id": ticket.id, "quantity": 2, "price": 1}))
    assert (told["total"], told["tickets"][0]["price"]) == (2 * price, price)
    assert database.one("SELECT price FROM orders_tickets") == price


def test_what_is_sold_out_is_pointed_at(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    rare, common = stored(make_ticket, event=event, quantity=3), stored(make_ticket, event=event)
    assert buyer.refused(basket(common, (rare, 4))) == (409, "/tickets/1/quantity")
    assert buyer.accepted(basket(common, (rare, 3)))
    assert buyer.refused(basket(rare, common)) == (409, "/tickets/0/quantity")
    details = [buyer.client.post(CALCULATE, basket(rare)).errors[0]["detail"]]
    database.run("UPDATE attendees SET deleted_at = now() WHERE ticket_id = :id", id=rare.id)
    details.append(buyer.client.post(CALCULATE, basket((rare, 5))).errors[0]["detail"])
    assert details == [f"There is nothing left of {rare.name}.", f"Only 3 of {rare.name}."]


def test_tickets_that_share_places_are_counted_together(buyer: Asking) -> None:
    event = stored(make_event)
    hall = stored(make_ticket_pool, event=event, quantity=5)
    front, back = (stored(make_ticket, event=event, pool_id=hall.id) for _ in range(2))
    online, few = (
        stored(make_ticket, event=event),
        stored(make_ticket, event=event, quantity=1, pool_id=hall.id),
    )
    assert buyer.refused(basket((front, 3), (online, 9), (back, 3))) == (409, "/tickets/2/quantity")
    assert buyer.refused(basket((few, 2), front)) == (409, "/tickets/0/quantity")
    assert buyer.refused(basket((front, 6), back)) == (409, "/tickets/0/quantity", "/tickets/1/quantity")
    assert buyer.accepted(basket((front, 3), (online, 9), back))
    assert buyer.refused(basket((back, 2))) == (409, "/tickets/0/quantity")
    assert buyer.accepted(basket(back))


def test_who_came_before_there_was_a_limit_leaves_nothing(buyer: Asking, database: TestDatabase) -> None:
    ticket = stored(make_ticket, quantity=None)
    for _ in range(2):
        stored(make_attendee, ticket=ticket)
    database.run("UPDATE stocks SET capacity = 1")
    assert buyer.refused(basket(ticket)) == (409, "/tickets/0/quantity")


def test_the_team_says_what_an_order_costs_and_nobody_else(buyer: Asking) -> None:
    owner = stored(make_user)
    ticket = stored(make_ticket, event=stored(make_event, owner=owner), type="paid", price=20)
    team = buyer.signed_in_as(owner)
    for asking, amount in ((team, 7.5), (buyer, 20)):
        made = asking.client.post(ORDER, basket(ticket, amount=7.5))
        assert made.data["attributes"]["amount"] == amount
    for wrong in (-1, 7.555, "1e40", "NaN", True, 10**13):
        assert team.refused(basket(ticket, amount=wrong)) == (422, "/amount")


def test_a_basket_is_judged_in_one_statement(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    event = stored(make_event)
    for number in (1, 5):
        body = basket(*(stored(make_ticket, event=event) for _ in range(number)))
        with counted_statements(monkeypatch) as seen:
            assert client.post(CALCULATE, body).status == 200
        assert [sql for sql in seen if sql != "begin transaction"] == [statement(REGISTRY, Kind.NOBODY).text]
