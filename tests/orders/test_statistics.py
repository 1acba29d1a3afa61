"""Order statistics: what was ordered and what it brought in, whatever became of it."""

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.statements import counted_statements

# The state of an order -> what clients call it.
NAMES = {
    "initializing": "draft",
    "pending": "pending",
    "placed": "placed",
    "completed": "completed",
    "cancelled": "cancelled",
    "expired": "expired",
}
GIVEN_BACK = {"cancelled", "expired"}
ORDER = "/v1/orders/create-order"


@pytest.fixture
def owner(database: TestDatabase) -> User:
    return stored(make_user)


@pytest.fixture
def event(owner: User) -> Event:
    return stored(make_event, owner=owner)


def ordered(event: Event, status: str, tickets: dict[Ticket, int], **values: Any) -> Order:
    """An order as it is left by the rules: places of those that ended were given back."""
    amount = sum((ticket.price or Decimal(0)) * number for ticket, number in tickets.items())
    order = stored(make_order, event=event, status=status, amount=amount, tickets=tickets, **values)
    deleted_at = event.created_at if status in GIVEN_BACK else None
    for ticket, number in tickets.items():
        for _ in range(number):
            stored(make_attendee, event=event, order=order, ticket=ticket, deleted_at=deleted_at)
    return order


def counted(client: Client, owner: User, address: str) -> dict[str, dict[str, Any]]:
    """{tickets, orders, sales}, each without what is nought."""
    reply = client.signed_in_as(owner).get(f"/v1/{address}/order-statistics")
    assert reply.status == 200, reply.text
    found = reply.data["attributes"]
    return {
        kind: {name: value for name, value in found[kind].items() if value and name != "max"}
        for kind in ("tickets", "orders", "sales")
    }


@pytest.mark.parametrize("status", NAMES)
def test_an_order_counts_in_its_state_with_all_that_it_was_for(
    client: Client, owner: User, event: Event, status: str
) -> None:
    dear = stored(make_ticket, event=event, type="paid", price=Decimal("20.50"))
    free = stored(make_ticket, event=event)
    ordered(event, status, {dear: 2, free: 3})
    elsewhere = stored(make_event)
    ordered(elsewhere, status, {stored(make_ticket, event=elsewhere): 1})
    name = NAMES[status]
    assert counted(client, owner, f"events/{event.id}") == {
        "tickets": {"total": 5, name: 5},
        "orders": {"total": 1, name: 1},
        "sales": {"total": 41, name: 41},
    }
    assert counted(client, owner, f"tickets/{dear.id}") == {
        "tickets": {"total": 2, name: 2},
        "orders": {"total": 1, name: 1},
        "sales": {"total": 41, name: 41},
    }
    assert counted(client, owner, f"tickets/{free.id}") == {
        "tickets": {"total": 3, name: 3},
        "orders": {"total": 1, name: 1},
        "sales": {},
    }


def test_orders_of_all_states_add_up(client: Client, owner: User, event: Event) -> None:
    ticket = stored(make_ticket, event=event, type="paid", price=Decimal("0.10"), quantity=100)
    for number, status in enumerate(NAMES, start=1):
        ordered(event, status, {ticket: number})
    numbers = {name: number for number, name in enumerate(NAMES.values(), start=1)}
    for address in (f"events/{event.identifier}", f"tickets/{ticket.id}"):
        assert counted(client, owner, address) == {
            "tickets": {"total": 21, **numbers},
            "orders": {"total": 6, **dict.fromkeys(numbers, 1)},
            "sales": {"total": 2.1, **{name: number / 10 for name, number in numbers.items()}},
        }


def test_whoever_was_taken_off_an_order_does_not_come(
    client: Client, owner: User, event: Event, database: TestDatabase
) -> None:
    ticket = stored(make_ticket, event=event)
    order = ordered(event, "completed", {ticket: 3})
    database.run(
        "UPDATE attendees SET deleted_at = now() WHERE id = (SELECT min(id) FROM attendees WHERE order_id = :id)",
        id=order.id,
    )
    for address in (f"events/{event.id}", f"tickets/{ticket.id}"):
        assert counted(client, owner, address)["tickets"] == {"total": 2, "completed": 2}


def test_an_order_over_http_is_counted_from_hold_to_cancellation(
    client: Client, owner: User, event: Event, database: TestDatabase
) -> None:
    ticket = stored(make_ticket, event=event)
    body = {"tickets": [{"id": ticket.id, "quantity": 2}]}
    order = client.signed_in_as(stored(make_user)).post(ORDER, body).data["id"]
    address = f"events/{event.id}"
    assert counted(client, owner, address)["tickets"] == {"total": 2, "draft": 2}
    database.run("UPDATE orders SET status = 'expired', expires_at = NULL WHERE id = :id", id=int(order))
    # What is left behind by whoever did it otherwise is not counted twice.
    assert counted(client, owner, address)["tickets"] == {"total": 2, "expired": 2}
    database.run("UPDATE attendees SET deleted_at = now() WHERE order_id = :id", id=int(order))
    assert counted(client, owner, address)["tickets"] == {"total": 2, "expired": 2}
    assert counted(client, owner, f"tickets/{ticket.id}")["tickets"] == {"total": 2, "expired": 2}


def test_the_most_that_can_be_sold_minds_shared_pools(
    client: Client, owner: User, event: Event, database: TestDatabase
) -> None:
    def most() -> int:
        reply = client.signed_in_as(owner).get(f"/v1/events/{event.id}/order-statistics")
        found: int = reply.data["attributes"]["tickets"]["max"]
        return found

    assert most() == 0
    for quantity in (10, 5):
        stored(make_ticket, event=event, quantity=quantity)
    stored(make_ticket, event=event, quantity=7, deleted_at=event.created_at)
    assert most() == 15
    hall = stored(make_ticket_pool, event=event, quantity=30)
    seat, _ = (stored(make_ticket, event=event, quantity=20, pool_id=hall.id) for _ in range(2))
    assert most() == 15 + 30
    database.run("UPDATE ticket_pools SET quantity = 50 WHERE id = :id", id=hall.id)
    assert most() == 15 + 40
    database.run("UPDATE tickets SET quantity = NULL WHERE id = :id", id=seat.id)
    assert most() == 15 + 50


@pytest.mark.parametrize("noun", ["events", "tickets"])
def test_statistics_are_for_the_team(client: Client, owner: User, event: Event, noun: str) -> None:
    ticket = stored(make_ticket, event=event)
    address = f"/v1/{noun}/{event.id if noun == 'events' else ticket.id}/order-statistics"
    coorganizer = stored(make_users_events_roles, event=event, role="coorganizer").user_id
    registrar = stored(make_users_events_roles, event=event, role="registrar").user_id
    for who, status in (
        (owner, 200),
        (coorganizer, 200),
        (stored(make_user, is_admin=True), 200),
        (registrar, 404),
        (stored(make_user), 404),
    ):
        assert client.signed_in_as(who).get(address).status == status
    assert client.get(address).status == 404


def test_statistics_take_one_statement(
    client: Client, owner: User, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = stored(make_ticket, event=event)
    for status in NAMES:
        ordered(event, status, {ticket: 2})
    for address in (f"events/{event.id}", f"tickets/{ticket.id}"):
        counted(client, owner, address)
        with counted_statements(monkeypatch) as seen:
            counted(client, owner, address)
        assert len([item for item in seen if "orders" in item]) == 1
