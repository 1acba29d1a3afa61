"""Whoever acts under a profile has the rights of that profile: not those of another, nor of the person."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.event_invoice import make_event_invoice
from tests.factories.group import make_group
from tests.factories.notification import make_notification
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.ticket import make_ticket
from tests.factories.users_groups_role import make_users_groups_role
from tests.people.acting import Person, belongs_to, stored_event
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

Asked = tuple[str, str, Any]


@pytest.fixture
def person(client: Client) -> Person:
    return Person(client)


def editing_an_event(person: Person) -> Asked:
    event = stored(make_event, owner=person.user, state="draft")
    return "PATCH", f"/v1/events/{event.id}", document("event", {"name": "Night of the Museums"}, event.id)


def editing_an_event_of_a_group(person: Person) -> Asked:
    group = stored(make_group)
    event = stored(make_event, group_id=group.id, state="draft")
    stored(make_users_groups_role, group=group, user_id=person.user.id, accepted=True)
    return "PATCH", f"/v1/events/{event.id}", document("event", {"name": "Night of the Museums"}, event.id)


def reading_an_order(person: Person) -> Asked:
    return "GET", f"/v1/orders/{stored(make_order, user=person.user).id}", None


def cancelling_an_order(person: Person) -> Asked:
    order = stored(make_order, user=person.user)
    return "PATCH", f"/v1/orders/{order.id}", document("order", {"status": "cancelled"}, order.id)


def naming_an_attendee(person: Person) -> Asked:
    order = stored(make_order, user=person.user)
    row = stored(make_attendee, order=order, event=stored_event(order.event_id), email="guest@example.net")
    return "PATCH", f"/v1/attendees/{row.id}", document("attendee", {"firstname": "Grace"}, row.id)


def seeing_a_hidden_ticket_that_one_bought(person: Person) -> Asked:
    event = stored(make_event)
    ticket = stored(make_ticket, event=event, is_hidden=True)
    order = stored(make_order, event=event, user=person.user)
    stored(make_attendee, order=order, event=event, ticket=ticket, email="guest@example.net")
    return "GET", f"/v1/tickets/{ticket.id}", None


def editing_a_session_that_one_proposed(person: Person) -> Asked:
    row = stored(make_session, creator_id=person.user.id, state="pending")
    return "PATCH", f"/v1/sessions/{row.id}", document("session", {"title": "Cupboards"}, row.id)


def editing_oneself_as_speaker(person: Person) -> Asked:
    row = stored(make_speaker, user_id=person.user.id, email="office@example.net")
    return "PATCH", f"/v1/speakers/{row.id}", document("speaker", {"position": "Clerk"}, row.id)


def editing_a_group(person: Person) -> Asked:
    group = stored(make_group, user=person.user)
    return "PATCH", f"/v1/groups/{group.id}", document("group", {"name": "Harbour"}, group.id)


def editing_a_group_that_one_organizes(person: Person) -> Asked:
    group = stored(make_group)
    stored(make_users_groups_role, group=group, user_id=person.user.id, accepted=True)
    return "PATCH", f"/v1/groups/{group.id}", document("group", {"name": "Harbour"}, group.id)


def seeing_whom_one_invited_into_a_group(person: Person) -> Asked:
    invite = stored(make_users_groups_role, group=stored(make_group, user=person.user))
    return "GET", f"/v1/users-groups-roles/{invite.id}", None


def reading_what_one_is_billed(person: Person) -> Asked:
    return "GET", f"/v1/event-invoices/{stored(make_event_invoice, user=person.user).id}", None


ASKED: list[Callable[[Person], Asked]] = [
    editing_an_event, editing_an_event_of_a_group, reading_an_order, cancelling_an_order, naming_an_attendee,
    seeing_a_hidden_ticket_that_one_bought, editing_a_session_that_one_proposed, editing_oneself_as_speaker,
    editing_a_group, editing_a_group_that_one_organizes, seeing_whom_one_invited_into_a_group,
    reading_what_one_is_billed,
]  # fmt: skip


@pytest.mark.parametrize("asked", ASKED, ids=lambda function: function.__name__)
def test_a_right_is_that_of_the_profile_which_holds_it(
    person: Person, database: TestDatabase, asked: Callable[[Person], Asked]
) -> None:
    question = asked(person)
    refused = {401, 403, 404}
    for name, profile in {"museum": person.museum, "club": person.club, "own": None}.items():
        belongs_to(database, person, profile)
        before = {
            key: value.request(*question).status for key, value in person.clients.items() if key != name
        }
        assert set(before.values()) <= refused, (name, before)
        assert person.clients[name].request(*question).status in {200, 201}


def test_a_list_shows_what_is_the_profiles(person: Person, database: TestDatabase) -> None:
    orders = {name: stored(make_order, user=person.user) for name in ("own", "museum", "club")}
    for name in ("museum", "club"):
        database.run(
            f"UPDATE orders SET profile_id = {getattr(person, name).id} WHERE id = {orders[name].id}"
        )
    for name, value in person.clients.items():
        for path in ("/v1/orders", f"/v1/users/{person.user.id}/orders"):
            assert [row["id"] for row in value.get(path).data] == [str(orders[name].id)]


def test_an_event_joins_the_groups_of_the_same_profile_only(person: Person, database: TestDatabase) -> None:
    event, group = stored(make_event, owner=person.user), stored(make_group, user=person.user)
    joining = document("event", {}, event.id, group=("group", group))
    database.run(f"UPDATE users_events_roles SET profile_id = {person.museum.id}")
    assert person.where(200, "PATCH", f"/v1/events/{event.id}", joining) == set()
    database.run(f"UPDATE groups SET profile_id = {person.museum.id}")
    assert person.where(200, "PATCH", f"/v1/events/{event.id}", joining) == {"museum"}


def test_the_inbox_is_one_for_all_profiles_and_says_whose_news_it_is(person: Person) -> None:
    stored(make_notification, user=person.user)
    of_club = stored(make_notification, user=person.user, profile_id=person.club.id)
    for client in person.clients.values():
        inbox = client.get(f"/v1/users/{person.user.id}/notifications").data
        told = [row["attributes"]["content"].get("profile") for row in inbox]
        assert told == [{"id": person.club.id, "name": "Club"}, None]
        read = document("notification", {"is-read": True}, of_club.id)
        assert client.patch(f"/v1/notifications/{of_club.id}", read).status == 200


def test_the_account_and_the_profiles_are_the_persons_whichever_they_act_under(person: Person) -> None:
    for client in person.clients.values():
        assert client.get(f"/v1/users/{person.user.id}").data["attributes"]["email"] == person.user.email
        assert [row["attributes"]["name"] for row in client.get("/v1/profiles").data] == ["Museum", "Club"]
