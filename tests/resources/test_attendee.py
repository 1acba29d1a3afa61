"""Attendees: the buyer says who comes, the crew at the door notes who came, others see only themselves."""

from typing import Any

import pytest

from chalicelib import db
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.tag import make_tag
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document
from tests.support.http_client import Client, Reply

NOON = "2030-05-01T12:00:00+00:00"
EVENING = "2030-05-01T18:00:00+00:00"


def coming(status: str = "initializing", **values: Any) -> tuple[User, Event, Attendee]:
    buyer = stored(make_user)
    event = stored(make_event, owner=stored(make_user))
    order = stored(make_order, event=event, user=buyer, status=status)
    return buyer, event, stored(make_attendee, event=event, order=order, **values)


def patch(client: Client, attendee: Attendee, **values: Any) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return client.patch(f"/v1/attendees/{attendee.id}", document("attendee", sent, attendee.id))


def crew_of(event: Event, role: str = "registrar") -> int:
    return stored(make_users_events_roles, event=event, role=role).user_id


def test_buyer_crew_and_the_person_see_an_attendee_and_nobody_else(client: Client) -> None:
    person, unproved = stored(make_user), stored(make_user, is_verified=False)
    buyer, event, attendee = coming(email=person.email)
    other = stored(make_attendee, event=event, email=unproved.email)
    address = f"/v1/attendees/{attendee.id}"
    for who in (buyer, person, crew_of(event), crew_of(event, "coorganizer")):
        assert client.signed_in_as(who).get(address).status == 200
    for who in (unproved, stored(make_user), crew_of(event, "moderator")):
        assert client.signed_in_as(who).get(address).status == 404
    assert client.signed_in_as(unproved).get(f"/v1/attendees/{other.id}").status == 404
    assert client.get(address).status == 404
    assert client.get(f"/v1/tickets/{attendee.ticket_id}/attendees").data == []
    assert client.get(f"/v1/events/{event.id}/attendees").status == 404


def test_the_buyer_fills_in_names_while_ordering(client: Client) -> None:
    buyer, event, attendee = coming()
    assert patch(client.signed_in_as(buyer), attendee, firstname="Ida", same_as_buyer=True).status == 200
    for who in (crew_of(event), crew_of(event, "owner")):
        assert patch(client.signed_in_as(who), attendee, firstname="Ada").status == 403
    person = stored(make_user, email="ida@example.org")
    patch(client.signed_in_as(buyer), attendee, email=person.email)
    assert patch(client.signed_in_as(person), attendee, firstname="Ada").status == 403


def test_once_ordered_only_arrivals_change(client: Client) -> None:
    buyer, _, attendee = coming("completed", firstname="Ida")
    asking = client.signed_in_as(buyer)
    assert patch(asking, attendee, firstname="Eve").status == 422
    refused = patch(asking, attendee, firstname="Eve", checkin_times=NOON)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (403, "/data/attributes/checkin-times")
    assert patch(asking, attendee, is_checked_in=True, checkin_times=NOON).status == 403
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert patch(staff, attendee, firstname="Eve").status == 422
    assert patch(staff, attendee, firstname="Eve", checkin_times=NOON).status == 200


def test_coming_and_going_is_noted_and_never_forgotten(client: Client) -> None:
    _, event, attendee = coming("completed")
    crew = client.signed_in_as(crew_of(event))
    refused = patch(crew, attendee, is_checked_in=True)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/attributes/checkin-times")
    first = {"is_checked_in": True, "checkin_times": NOON, "device_name_checkin": "Door 1"}
    assert patch(crew, attendee, **first).status == 200
    assert patch(crew, attendee, **first).status == 200  # delivered twice, noted once
    again = {"checkin_times": EVENING, "device_name_checkin": "Door 2", "is_checked_out": True}
    shown = patch(crew, attendee, **again).data["attributes"]
    assert shown["checkin-times"] == f"{NOON},{EVENING}"
    assert shown["device-name-checkin"] == "Door 1,Door 2"
    assert shown["checkout-times"]
    assert shown["is-checked-out"] is True


def test_the_crew_puts_on_tags_of_its_own_event(client: Client) -> None:
    buyer, event, attendee = coming()
    tag, foreign = stored(make_tag, event=event), stored(make_tag)
    crew = client.signed_in_as(crew_of(event))
    assert patch(crew, attendee, tag_id=foreign.id).status == 404
    linked = document("attendee", {}, attendee.id, tag=("tag", foreign))
    assert crew.patch(f"/v1/attendees/{attendee.id}", linked).status == 422
    assert patch(client.signed_in_as(buyer), attendee, tag_id=tag.id).status == 403
    assert patch(crew, attendee, tag_id=tag.id).data["attributes"]["tag-id"] == tag.id
    assert crew.get(f"/v1/attendees/{attendee.id}/tags").data["id"] == str(tag.id)


def test_which_ticket_and_discount_somebody_has_is_not_the_buyers_to_say(client: Client) -> None:
    buyer, event, attendee = coming()
    dearer = stored(make_ticket, event=event)
    asking = client.signed_in_as(buyer)
    assert patch(asking, attendee, ticket_id=str(attendee.ticket_id)).status == 200
    assert patch(asking, attendee, ticket_id=str(dearer.id)).status == 403
    assert patch(asking, attendee, is_discount_applied=True).status == 403
    for name in ("event", "order", "ticket"):
        address = f"/v1/attendees/{attendee.id}/relationships/{name}"
        moved = {"data": {"type": name, "id": str(dearer.id)}}
        assert client.signed_in_as(buyer).patch(address, moved).status in {403, 405}
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert patch(staff, attendee, ticket_id=str(dearer.id)).data["attributes"]["ticket-id"] == str(dearer.id)
    assert patch(staff, attendee, ticket_id=str(stored(make_ticket).id)).status == 404


def test_registrars_remove_attendees_and_buyers_do_not(client: Client) -> None:
    buyer, event, attendee = coming()
    with db.transaction() as session:
        make_attendee(session, event=event, order=session.get(Order, attendee.order_id))
    address = f"/v1/attendees/{attendee.id}"
    assert client.signed_in_as(buyer).delete(address).status == 403
    assert client.signed_in_as(crew_of(event)).delete(address).status == 200
    assert client.signed_in_as(buyer).get(address).status == 404
    restored = document("attendee", {"deleted-at": None}, attendee.id)
    for who, status in ((buyer, 404), (crew_of(event), 200)):
        reply = client.signed_in_as(who).patch(f"{address}?get_trashed=true", restored)
        assert reply.status == status, reply.text


def test_a_hidden_ticket_is_seen_by_those_who_have_it(client: Client) -> None:
    buyer = stored(make_user)
    event = stored(make_event)
    hidden = stored(make_ticket, event=event, is_hidden=True)
    order = stored(make_order, event=event, user=buyer)
    attendee = stored(make_attendee, event=event, order=order, ticket=hidden)
    address = f"/v1/attendees/{attendee.id}/ticket"
    assert client.signed_in_as(buyer).get(address).data["id"] == str(hidden.id)
    assert client.get(f"/v1/tickets/{hidden.id}").status == 404


@pytest.mark.parametrize("age", ["18-24", None, "young"])
def test_age_groups_are_given(client: Client, age: str | None) -> None:
    buyer, _, attendee = coming()
    expected = 422 if age == "young" else 200
    assert patch(client.signed_in_as(buyer), attendee, age_group=age).status == expected
