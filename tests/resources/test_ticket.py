"""Tickets: sensible prices, numbers and times of sale; hidden ones; names that differ."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import attributes, make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def create(client: Client, event: Event, **values: object) -> Reply:
    sent = {**attributes(), **{name.replace("_", "-"): value for name, value in values.items()}}
    return client.post("/v1/tickets", document("ticket", sent, event=("event", event)))


def organized() -> tuple[Any, Event]:
    owner = stored(make_user)
    return owner, stored(make_event, owner=owner)


def after(days: float) -> str:
    return (clock.now() + timedelta(days=days)).isoformat()


def test_the_team_creates_tickets_and_nobody_else(client: Client) -> None:
    owner, event = organized()
    registrar = stored(make_users_events_roles, event=event, role="registrar")
    assert create(client, event).status == 401
    assert create(client.signed_in_as(registrar.user_id), event).status == 403
    reply = create(client.signed_in_as(owner), event)
    assert reply.status == 201, reply.text
    shown = reply.data["attributes"]
    assert (shown["min-order"], shown["max-order"], shown["min-price"]) == (1, 10, 0)


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"sales_starts_at": after(10), "sales_ends_at": after(9)}, "sales-starts-at"),
        ({"sales_ends_at": after(40)}, "sales-ends-at"),
        ({"min_order": 5, "max_order": 4}, "max-order"),
        ({"quantity": 5, "min_order": 6}, "quantity"),
        ({"quantity": 5, "max_order": 6}, "quantity"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": 2**40}, "quantity"),
        ({"type": "paid"}, "price"),
        ({"type": "paid", "price": 0}, "price"),
        ({"type": "paid", "price": -1}, "price"),
        ({"type": "paidRegistration", "price": 0}, "price"),
        ({"type": "donation", "min_price": 10, "max_price": 5}, "min-price"),
        ({"price": "NaN"}, "price"),
    ],
)
def test_a_ticket_refuses(
    client: Client, database: TestDatabase, values: dict[str, Any], pointer: str
) -> None:
    owner, event = organized()
    reply = create(client.signed_in_as(owner), event, **values)
    assert reply.status == 422, reply.text
    assert reply.errors[0]["source"]["pointer"] == f"/data/attributes/{pointer}"
    assert database.one("SELECT count(*) FROM tickets") == 0


def test_a_handful_of_tickets_needs_no_limit_of_its_own(client: Client) -> None:
    owner, event = organized()
    reply = create(client.signed_in_as(owner), event, quantity=5)
    assert reply.data["attributes"]["max-order"] == 5


@pytest.mark.parametrize("type", ["paid", "donation"])
def test_what_costs_money_needs_a_way_to_pay(client: Client, type: str) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, can_pay_onsite=False)
    reply = create(client.signed_in_as(owner), event, type=type, price=10)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/type")
    assert create(client.signed_in_as(owner), event, type="free").status == 201


def test_prices_are_numbers_to_the_cent(client: Client) -> None:
    owner, event = organized()
    reply = create(client.signed_in_as(owner), event, type="paid", price=123.45)
    assert reply.data["attributes"]["price"] == 123.45


def test_rules_hold_for_changes_too(client: Client) -> None:
    owner, event = organized()
    ticket = stored(make_ticket, event=event, type="paid", price=10)
    asking = client.signed_in_as(owner)
    free = asking.patch(f"/v1/tickets/{ticket.id}", document("ticket", {"price": 0}, ticket.id))
    assert free.status == 422
    few = asking.patch(f"/v1/tickets/{ticket.id}", document("ticket", {"quantity": 2}, ticket.id))
    assert few.status == 422
    both = {"quantity": 2, "max-order": 2}
    assert asking.patch(f"/v1/tickets/{ticket.id}", document("ticket", both, ticket.id)).status == 200


def test_names_differ_within_an_event_among_living_tickets(client: Client) -> None:
    owner, event = organized()
    asking = client.signed_in_as(owner)
    first = create(asking, event, name="Regular")
    again = create(asking, event, name="Regular")
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/attributes/name")
    assert create(asking, stored(make_event, owner=owner), name="Regular").status == 201
    asking.delete(f"/v1/tickets/{first.data['id']}")
    assert create(asking, event, name="Regular").status == 201


def test_hidden_tickets_show_to_the_team_only(client: Client) -> None:
    owner, event = organized()
    ticket = stored(make_ticket, event=event, is_hidden=True)
    for asking, sees in [(client, False), (client.signed_in_as(owner), True)]:
        assert asking.get(f"/v1/tickets/{ticket.id}").status == (200 if sees else 404)
        for id in (event.id, event.identifier):
            assert len(asking.get(f"/v1/events/{id}/tickets").data) == sees
