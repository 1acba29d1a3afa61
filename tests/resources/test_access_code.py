"""Access codes: they open hidden tickets, to whoever has them and only while they are valid."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.access_code import AccessCode
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories import stored
from tests.factories.access_code import attributes, make_access_code
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def organized(**values: Any) -> tuple[User, Event, Ticket, AccessCode]:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, **values)
    hidden = stored(make_ticket, event=event, is_hidden=True)
    return owner, event, hidden, stored(make_access_code, event=event, tickets=(hidden,), code="Friends")


def test_whoever_has_a_code_sees_it_and_the_hidden_tickets_it_opens(client: Client) -> None:
    _, event, hidden, code = organized()
    for id in (event.id, event.identifier):
        reply = client.get(f"/v1/events/{id}/access-codes/friends?include=tickets,event")
        assert (reply.status, reply.data["id"]) == (200, str(code.id))
        included = {(resource["type"], resource["id"]) for resource in reply.json["included"]}
        assert included == {("event", str(event.id)), ("ticket", str(hidden.id))}
    assert client.get(f"/v1/events/{event.id}/access-codes/other").status == 404
    assert client.get(f"/v1/access-codes/{code.id}").status == 404
    assert client.get(f"/v1/tickets/{hidden.id}").status == 404


@pytest.mark.parametrize(
    "values",
    [
        {"is_active": False},
        {"valid_from": clock.now() + timedelta(days=1)},
        {"valid_from": clock.now() - timedelta(days=2), "valid_till": clock.now() - timedelta(days=1)},
    ],
)
def test_a_code_that_is_not_valid_opens_nothing(client: Client, values: dict[str, Any]) -> None:
    event = stored(make_event)
    hidden = stored(make_ticket, event=event, is_hidden=True)
    code = stored(make_access_code, event=event, tickets=(hidden,), **values)
    reply = client.get(f"/v1/events/{event.id}/access-codes/{code.code}?include=tickets")
    assert (reply.status, reply.json["included"]) == (200, [])


def test_a_drafts_codes_are_the_teams_alone(client: Client) -> None:
    owner, event, _, code = organized(state="draft")
    address = f"/v1/events/{event.id}/access-codes/{code.code}"
    assert client.get(address).status == 404
    assert client.signed_in_as(owner).get(address).status == 200


def test_knowing_a_code_is_no_right_to_change_or_remove_it(client: Client) -> None:
    owner, event, _, code = organized()
    stranger = client.signed_in_as(stored(make_user))
    sent = document("access-code", {"is-active": False}, code.id)
    for address in (f"/v1/events/{event.id}/access-codes/{code.code}", f"/v1/access-codes/{code.id}"):
        assert client.patch(address, sent).status in {401, 404}
        assert stranger.patch(address, sent).status in {403, 404}
        assert client.delete(address).status in {401, 404}
        assert stranger.delete(address).status in {403, 404}
    address = f"/v1/events/{event.id}/access-codes/{code.code}"
    assert client.signed_in_as(owner).patch(address, sent).data["attributes"]["is-active"] is False
    assert client.signed_in_as(owner).delete(address).status == 200


def test_only_hidden_tickets_of_the_same_event_are_linked_from_either_side(client: Client) -> None:
    owner, event, hidden, code = organized()
    visible = stored(make_ticket, event=event)
    foreign = stored(make_ticket, event=stored(make_event, owner=owner), is_hidden=True)
    asking = client.signed_in_as(owner)
    links = f"/v1/access-codes/{code.id}/relationships/tickets"
    for ticket, status in ((visible, 409), (foreign, 422), (hidden, 204)):
        sent = {"data": [{"type": "ticket", "id": str(ticket.id)}]}
        assert asking.post(links, sent).status == status
    backwards = {"data": [{"type": "access-code", "id": str(code.id)}]}
    assert asking.post(f"/v1/tickets/{visible.id}/relationships/access-codes", backwards).status == 409
    stranger = client.signed_in_as(stored(make_user))
    assert stranger.patch(links, {"data": []}).status in {403, 404}
    # A ticket that has become visible since is no reason to refuse other changes.
    asking.patch(f"/v1/tickets/{hidden.id}", document("ticket", {"is-hidden": False}, hidden.id))
    off = document("access-code", {"is-active": False}, code.id)
    assert asking.patch(f"/v1/access-codes/{code.id}", off).status == 200


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"min-quantity": 5, "max-quantity": 4}, "min-quantity"),
        ({"tickets-number": 3, "max-quantity": 4}, "tickets-number"),
        ({"valid-till": "2001-01-01T00:00:00Z"}, "valid-from"),
        ({"valid-from": "2999-01-01T00:00:00Z"}, "valid-from"),
        ({"tickets-number": -1}, "tickets-number"),
    ],
)
def test_an_access_code_refuses(client: Client, values: dict[str, Any], pointer: str) -> None:
    owner, event, _, _ = organized()
    sent = document(
        "access-code", {**attributes(), **values}, event=("event", event), marketer=("user", owner)
    )
    reply = client.signed_in_as(owner).post("/v1/access-codes", sent)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, f"/data/attributes/{pointer}")


def test_marketers_list_their_own_codes_and_nobody_elses(client: Client) -> None:
    marketer, other = stored(make_user), stored(make_user)
    code = stored(make_access_code, marketer=marketer)
    address = f"/v1/users/{marketer.id}/access-codes"
    assert [resource["id"] for resource in client.signed_in_as(marketer).get(address).data] == [str(code.id)]
    assert client.signed_in_as(other).get(address).status == 404
