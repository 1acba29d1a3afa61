"""Ordering over HTTP: places are held, limits are kept, and what is refused leaves nothing behind."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

ORDER = "/v1/orders/create-order"


def wanting(*tickets: Any, **more: Any) -> dict[str, Any]:
    """The body of an order for one of each ticket, or for what a dict says."""
    lines = [ticket if isinstance(ticket, dict) else {"id": ticket.id} for ticket in tickets]
    return {"tickets": lines, **{name.replace("_", "-"): value for name, value in more.items()}}


@pytest.fixture
def buyer(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_verified=True))


def test_an_order_holds_its_places_for_a_while(buyer: Client, database: TestDatabase) -> None:
    event = stored(make_event)
    ticket = stored(make_ticket, event=event, quantity=5)
    answer = buyer.post(ORDER, wanting({"id": str(ticket.id), "quantity": 2}))
    assert answer.status == 200
    attributes = answer.json["data"]["attributes"]
    assert (attributes["status"], attributes["amount"], attributes["payment-mode"]) == (
        "initializing",
        0,
        "free",
    )
    found = database.rows("SELECT quantity, price FROM orders_tickets")
    assert found == [{"quantity": 2, "price": 0}]
    assert (
        database.one("SELECT count(*) FROM attendees WHERE order_id IS NOT NULL AND length(identifier) = 6")
        == 2
    )
    assert database.one("SELECT taken FROM stocks WHERE ticket_id IS NOT NULL") == 2
    assert database.one("SELECT expires_at - created_at BETWEEN '14 min' AND '16 min' FROM orders")


def test_what_is_sold_out_is_refused_and_leaves_nothing(buyer: Client, database: TestDatabase) -> None:
    event = stored(make_event)
    pool = stored(make_ticket_pool, event=event, quantity=3)
    one, other = (stored(make_ticket, event=event, pool_id=pool.id) for _ in range(2))
    assert buyer.post(ORDER, wanting({"id": one.id, "quantity": 2})).status == 200
    # Each of them would fit alone, but not both together.
    answer = buyer.post(ORDER, wanting(one, other))
    assert answer.status == 409
    assert database.one("SELECT count(*) FROM orders") == 1
    assert buyer.post(ORDER, wanting(other)).status == 200
    answer = buyer.post(ORDER, wanting(other))
    assert (answer.status, answer.json["errors"][0]["source"]["pointer"]) == (409, "/tickets/0/quantity")


def test_overdue_holds_are_given_to_whoever_asks(buyer: Client, database: TestDatabase) -> None:
    ticket = stored(make_ticket, quantity=1)
    first = buyer.post(ORDER, wanting(ticket)).json["data"]["id"]
    assert buyer.post(ORDER, wanting(ticket)).status == 409
    database.run("UPDATE orders SET expires_at = now() - interval '1 minute'")
    assert buyer.post(ORDER, wanting(ticket)).status == 200
    assert database.one("SELECT status FROM orders WHERE id = :id", id=int(first)) == "expired"
    assert database.one("SELECT taken FROM stocks") == 1


def test_a_code_that_overdue_holds_used_up_is_given_to_whoever_asks(
    buyer: Client, database: TestDatabase
) -> None:
    event = stored(make_event)
    cheap = stored(make_ticket, event=event, type="paid", price=10, quantity=9)
    hidden = stored(make_ticket, event=event, is_hidden=True, quantity=9)
    discount = stored(make_discount_code, event=event, tickets=(cheap,), value=50, tickets_number=1)
    access = stored(make_access_code, event=event, tickets=(hidden,), tickets_number=1)
    body = {
        **wanting(cheap, hidden),
        "discount-code": discount.code,
        "access-code": access.code,
        "discount-verify": True,
    }
    first = buyer.post(ORDER, body).json["data"]
    assert buyer.post(ORDER, body).status == 422
    database.run("UPDATE orders SET expires_at = now() - interval '1 minute'")
    second = buyer.post(ORDER, body).json["data"]
    assert second["attributes"]["amount"] == first["attributes"]["amount"]
    assert database.one("SELECT status FROM orders WHERE id = :id", id=int(first["id"])) == "expired"
    assert database.rows(
        "SELECT taken FROM stocks WHERE num_nonnulls(discount_code_id, access_code_id) = 1"
    ) == [
        {"taken": 1},
        {"taken": 1},
    ]


def test_attendees_can_be_asked_for_with_the_order(buyer: Client) -> None:
    ticket = stored(make_ticket)
    answer = buyer.post(f"{ORDER}?include=attendees,tickets", wanting({"id": ticket.id, "quantity": 2}))
    assert sorted(resource["type"] for resource in answer.json["included"]) == [
        "attendee",
        "attendee",
        "ticket",
    ]
