"""How many tickets are left, as everybody may ask who sees the event."""

from typing import Any

import pytest

from chalicelib.resources.tickets.ticket import Ticket
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.statements import counted_statements


def without_limit(database: TestDatabase, **values: Any) -> Ticket:
    ticket = stored(make_ticket, **values)
    database.run("UPDATE tickets SET quantity = NULL WHERE id = :id", id=ticket.id)
    return ticket


def left(client: Client, event: Any) -> dict[str, int | None]:
    reply = client.get(f"/v1/events/{getattr(event, 'id', event)}/tickets/availability")
    assert reply.status == 200, reply.text
    return {element["name"]: element["available"] for element in reply.json}


def test_tickets_are_told_with_what_is_left_of_them(client: Client, database: TestDatabase) -> None:
    event = stored(make_event)
    second = without_limit(database, event=event, name="Regular", position=2)
    first = stored(make_ticket, event=event, name="Early bird", quantity=5, position=1)
    stored(make_ticket, event=event, name="Withdrawn", deleted_at=event.created_at)
    stored(make_ticket)  # of another event
    for _ in range(2):
        stored(make_attendee, event=event, ticket=first)
    stored(make_attendee, event=event, ticket=first, deleted_at=event.created_at)
    reply = client.get(f"/v1/events/{event.id}/tickets/availability")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json == [
        {"id": first.id, "name": "Early bird", "quantity": 5, "available": 3},
        {"id": second.id, "name": "Regular", "quantity": None, "available": None},
    ]
    assert client.get(f"/v1/events/{event.identifier}/tickets/availability").json == reply.json


def test_a_ticket_has_no_more_places_than_its_pool(client: Client, database: TestDatabase) -> None:
    event = stored(make_event)
    pool = stored(make_ticket_pool, event=event, quantity=4)
    seated = without_limit(database, event=event, name="Seated", pool_id=pool.id)
    stored(make_ticket, event=event, name="Standing", quantity=2, pool_id=pool.id)
    assert left(client, event) == {"Seated": 4, "Standing": 2}
    for expected in (
        {"Seated": 3, "Standing": 2},
        {"Seated": 2, "Standing": 2},
        {"Seated": 1, "Standing": 1},
    ):
        stored(make_attendee, event=event, ticket=seated)
        assert left(client, event) == expected


def test_what_an_order_holds_is_not_available_until_it_is_given_back(
    client: Client, database: TestDatabase
) -> None:
    ticket = stored(make_ticket, quantity=3)
    buyer = client.signed_in_as(stored(make_user))
    body = {"tickets": [{"id": ticket.id, "quantity": 2}]}
    order = buyer.post("/v1/orders/create-order", body).data["id"]
    assert left(client, ticket.event_id) == {ticket.name: 1}
    database.run("UPDATE attendees SET deleted_at = now() WHERE order_id = :id", id=int(order))
    assert left(client, ticket.event_id) == {ticket.name: 3}


def test_what_was_oversold_before_there_was_a_limit_is_not_less_than_nothing(
    client: Client, database: TestDatabase
) -> None:
    ticket = without_limit(database)
    for _ in range(2):
        stored(make_attendee, ticket=ticket)
    database.run("UPDATE stocks SET capacity = 1 WHERE ticket_id = :id", id=ticket.id)
    assert left(client, ticket.event_id) == {ticket.name: 0}


def test_hidden_tickets_are_told_to_the_team_alone(client: Client) -> None:
    owner, guest = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    stored(make_ticket, event=event, name="Open")
    hidden = stored(make_ticket, event=event, name="For friends", is_hidden=True)
    stored(make_attendee, event=event, ticket=hidden, email=guest.email)
    registrar = stored(make_users_events_roles, event=event, role="registrar").user_id
    for who in (None, guest, registrar):
        asking = client.signed_in_as(who) if who else client
        assert left(asking, event).keys() == {"Open"}
    for who in (owner, stored(make_user, is_admin=True)):
        assert left(client.signed_in_as(who), event).keys() == {"Open", "For friends"}


def test_drafts_are_not_there_for_strangers(client: Client) -> None:
    owner = stored(make_user)
    draft = stored(make_event, owner=owner, state="draft")
    stored(make_ticket, event=draft)
    address = f"/v1/events/{draft.identifier}/tickets/availability"
    assert client.signed_in_as(owner).get(address).status == 200
    for asking in (client, client.signed_in_as(stored(make_user))):
        assert asking.get(address).status == 404


@pytest.mark.parametrize("id", ["4711", "0", "nowhere", "9" * 30, "1'--"])
def test_an_unknown_event_is_not_there(client: Client, id: str) -> None:
    assert client.get(f"/v1/events/{id}/tickets/availability").status == 404


def test_any_number_of_tickets_takes_one_statement(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    event = stored(make_event)
    for _ in range(3):
        stored(make_ticket, event=event)
    with counted_statements(monkeypatch) as seen:
        left(client, event)
    assert len([item for item in seen if "select" in item.lower()]) == 1
