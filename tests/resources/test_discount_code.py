"""Discount codes: of an event's team for its tickets, or of staff for events; never more than a price."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.discount_code import attributes, make_discount_code
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def organized() -> tuple[User, Event]:
    owner = stored(make_user)
    return owner, stored(make_event, owner=owner)


def create(client: Client, values: dict[str, Any], **links: Any) -> Reply:
    sent = {name: value for name, value in {**attributes(), **values}.items() if value is not None}
    return client.post("/v1/discount-codes", document("discount-code", sent, **links))


def linkage(type: str, row: Any) -> dict[str, Any]:
    return {"data": [{"type": type, "id": str(row.id)}]}


def test_the_team_makes_codes_for_tickets_and_staff_makes_codes_for_events(client: Client) -> None:
    owner, event = organized()
    team, staff = client.signed_in_as(owner), client.signed_in_as(stored(make_user, is_admin=True))
    made = create(team, {}, event=("event", event))
    assert made.status == 201, made.text
    marketer = team.get(f"/v1/discount-codes/{made.data['id']}?include=marketer").json["included"]
    assert [item["id"] for item in marketer] == [str(owner.id)]
    assert create(team, {"used-for": "event"}).status == 403
    assert create(team, {"used-for": "event"}, event=("event", event)).status == 403
    assert create(staff, {"used-for": "event"}).status == 201
    assert create(staff, {}).status == 422  # for tickets, but of no event


@pytest.mark.parametrize("purpose", [None, "both"])
def test_a_code_says_what_it_is_for(client: Client, purpose: str | None) -> None:
    owner, event = organized()
    reply = create(client.signed_in_as(owner), {"used-for": purpose}, event=("event", event))
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (409, "/data/attributes/used-for")


def test_what_a_code_is_for_never_changes(client: Client) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    code = stored(make_discount_code)
    sent = document("discount-code", {"used-for": "event"}, code.id)
    assert staff.patch(f"/v1/discount-codes/{code.id}", sent).status == 409


def test_codes_differ_within_an_event_whatever_their_case(client: Client) -> None:
    owner, event = organized()
    asking = client.signed_in_as(owner)
    assert create(asking, {"code": "Spring"}, event=("event", event)).status == 201
    again = create(asking, {"code": "SPRING"}, event=("event", event))
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/attributes/code")
    other = stored(make_event, owner=owner)
    assert create(asking, {"code": "SPRING"}, event=("event", other)).status == 201


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"value": 101}, "value"),
        ({"value": -1}, "value"),
        ({"type": "amount", "value": -1}, "value"),
        ({"min-quantity": 5, "max-quantity": 4}, "min-quantity"),
        ({"tickets-number": 3, "max-quantity": 4}, "tickets-number"),
        ({"max-quantity": -2}, "max-quantity"),
        ({"valid-from": "2030-01-02T00:00:00Z", "valid-till": "2030-01-01T00:00:00Z"}, "valid-from"),
    ],
)
def test_a_discount_code_refuses(client: Client, values: dict[str, Any], pointer: str) -> None:
    owner, event = organized()
    reply = create(client.signed_in_as(owner), values, event=("event", event))
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, f"/data/attributes/{pointer}")


def test_quantities_without_limit_and_quantities_that_were_not_said_fit(client: Client) -> None:
    owner, event = organized()
    asking = client.signed_in_as(owner)
    few = create(asking, {"tickets-number": 7}, event=("event", event)).data["attributes"]
    assert (few["min-quantity"], few["max-quantity"], few["is-active"]) == (1, 7, True)
    endless = create(asking, {"tickets-number": 7, "max-quantity": -1}, event=("event", event))
    assert endless.data["attributes"]["max-quantity"] == -1


def test_it_discounts_paid_tickets_of_its_event_by_their_price_at_most(client: Client) -> None:
    owner, event = organized()
    asking = client.signed_in_as(owner)
    paid = stored(make_ticket, event=event, type="paid", price=20)
    free = stored(make_ticket, event=event)
    foreign = stored(make_ticket, event=stored(make_event, owner=owner), type="paid", price=20)
    for ticket, status in ((paid, 201), (free, 422), (foreign, 422)):
        reply = create(asking, {}, event=("event", event), tickets=[("ticket", ticket)])
        assert reply.status == status, reply.text
    amount = {"type": "amount", "value": 20.5}
    assert create(asking, amount, event=("event", event), tickets=[("ticket", paid)]).status == 422
    code = stored(make_discount_code, event=event, type="amount", value=20, tickets=(paid,))
    dearer = document("discount-code", {"value": 21}, code.id)
    assert asking.patch(f"/v1/discount-codes/{code.id}", dearer).status == 422
    links = f"/v1/tickets/{free.id}/relationships/discount-codes"
    assert asking.patch(links, linkage("discount-code", code)).status == 422


def test_the_team_of_one_event_has_no_say_over_codes_of_another(client: Client) -> None:
    owner, event = organized()
    asking = client.signed_in_as(owner)
    code = stored(make_discount_code)
    address = f"/v1/discount-codes/{code.id}"
    assert asking.get(address).status == 404
    assert asking.patch(address, document("discount-code", {"value": 99}, code.id)).status == 404
    assert asking.delete(address).status == 404
    mine = stored(make_discount_code, event=event)
    taken = document("discount-code", {}, mine.id, event=("event", code.event_id))
    assert asking.patch(f"/v1/discount-codes/{mine.id}", taken).status == 403
    assert asking.get("/v1/discount-codes").status == 403


def test_staff_gives_events_one_code_each_and_nobody_else_does(client: Client) -> None:
    owner, event = organized()
    team, staff = client.signed_in_as(owner), client.signed_in_as(stored(make_user, is_admin=True))
    first, second = (stored(make_discount_code, used_for="event") for _ in range(2))
    mine = stored(make_discount_code, event=event)
    assert team.patch(
        f"/v1/events/{event.id}/relationships/discount-code",
        {"data": {"type": "discount-code", "id": str(first.id)}},
    ).status in {403, 404}
    for code, status in ((first, 200), (second, 422), (mine, 422)):
        address = f"/v1/discount-codes/{code.id}/relationships/events"
        assert staff.post(address, linkage("event", event)).status == status
    assert staff.get(f"/v1/events/{event.id}/discount-code").data["id"] == str(first.id)
    address = f"/v1/discount-codes/{mine.id}/relationships/events"
    assert team.post(address, linkage("event", event)).status == 422


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 200),
        ({"is_active": False}, 405),
        ({"valid_from": clock.now() + timedelta(days=1)}, 405),
        ({"valid_till": clock.now() - timedelta(days=1)}, 405),
    ],
)
def test_anybody_looks_up_a_code_that_is_valid(client: Client, values: dict[str, Any], status: int) -> None:
    event = stored(make_event)
    stored(make_discount_code, event=event, code="Spring", **values)
    assert client.get(f"/v1/events/{event.identifier}/discount-codes/SPRING").status == status
    assert client.get(f"/v1/events/{event.identifier}/discount-codes/autumn").status == 404


def test_buyers_see_the_code_that_their_order_used(client: Client) -> None:
    buyer = stored(make_user)
    event = stored(make_event)
    code = stored(make_discount_code, event=event)
    order = stored(make_order, event=event, user=buyer, discount_code_id=code.id)
    reply = client.signed_in_as(buyer).get(f"/v1/orders/{order.identifier}?include=discount-code")
    assert [resource["id"] for resource in reply.json["included"]] == [str(code.id)]
    assert reply.data["attributes"]["discount-code-id"] == str(code.id)
    assert client.signed_in_as(buyer).get(f"/v1/discount-codes/{code.id}").status == 404
