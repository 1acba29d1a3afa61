"""What somebody makes, accepts or orders under a profile belongs to that profile."""

import pytest

from chalicelib.resources.people.profile.rows import OF_PROFILE
from tests.factories import attributes_of, stored
from tests.factories.event import make_event
from tests.factories.role_invite import make_role_invite
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.users_groups_role import make_users_groups_role
from tests.people.acting import PLAIN, Person, belongs_to, stored_event
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


@pytest.fixture
def person(client: Client) -> Person:
    return Person(client)


def test_what_is_made_under_a_profile_is_the_profiles(person: Person, database: TestDatabase) -> None:
    museum = person.under(person.museum)
    event = museum.post("/v1/events", document("event", attributes_of("event"))).data["id"]
    assert person.where(200, "GET", f"/v1/events/{event}/orders") == {"museum"}
    group = museum.post("/v1/groups", document("group", attributes_of("group"))).data["id"]
    talk = document("session", attributes_of("session"), event=("event", stored(make_event).id))
    assert museum.post("/v1/sessions", talk).status == 201
    speaker = document("speaker", {"name": "Ada", "email": "a@example.org"}, event=("event", event))
    assert museum.post("/v1/speakers", speaker).status == 201
    ticket = stored(make_ticket, event=stored(make_event))
    held = {"tickets": [{"id": ticket.id, "quantity": 1}]}
    order = museum.post("/v1/orders/create-order", held, content_type=PLAIN).data["id"]
    assert person.where(200, "GET", f"/v1/orders/{order}") == {"museum"}
    for table in ("users_events_roles", "groups", "sessions", "speakers", "orders"):
        found = database.rows(f"SELECT DISTINCT profile_id FROM {table} WHERE profile_id IS NOT NULL")
        assert [row["profile_id"] for row in found] == [person.museum.id], table
    moved = document("event", {}, event, group=("group", group))
    assert person.where(200, "PATCH", f"/v1/events/{event}", moved) == {"museum"}


def test_what_is_made_without_a_profile_belongs_to_none(person: Person, database: TestDatabase) -> None:
    own = person.under()
    assert own.post("/v1/events", document("event", attributes_of("event"))).status == 201
    assert own.post("/v1/groups", document("group", attributes_of("group"))).status == 201
    for table in OF_PROFILE:
        assert database.one(f"SELECT count(profile_id) FROM {table}") == 0


def test_a_role_belongs_to_the_profile_that_accepted_it(person: Person, database: TestDatabase) -> None:
    invite = stored(make_role_invite, email=person.user.email)
    said_yes = {"data": {"token": invite.hash}}
    accept = "/v1/role_invites/accept-invite"
    assert person.under(person.club).post(accept, said_yes, content_type=PLAIN).status == 200
    assert person.where(200, "GET", f"/v1/events/{invite.event_id}/role-invites") == {"club"}
    # Again, without a token, or with a stranger's or a useless one, nothing changes.
    for item in (person.client, person.client.signed_in_as(stored(make_user)), person.under(2**40)):
        assert item.post(accept, said_yes, content_type=PLAIN).status == 200
    assert database.rows("SELECT user_id, profile_id FROM users_events_roles") == [
        {"user_id": person.user.id, "profile_id": person.club.id}
    ]


@pytest.mark.parametrize("bearer", ["nobody", "a stranger", "a lost profile", "oneself"])
def test_an_invitation_without_a_token_of_ones_profile_is_ones_own(
    person: Person, database: TestDatabase, bearer: str
) -> None:
    invite = stored(make_role_invite, email=person.user.email)
    asking = {
        "nobody": person.client,
        "a stranger": person.client.signed_in_as(stored(make_user)),
        "a lost profile": person.under(2**40),
        "oneself": person.under(),
    }[bearer]
    said_yes = {"data": {"token": invite.hash}}
    assert asking.post("/v1/role_invites/accept-invite", said_yes, content_type=PLAIN).status == 200
    assert database.rows("SELECT user_id, profile_id FROM users_events_roles") == [
        {"user_id": person.user.id, "profile_id": None}
    ]


def test_a_role_is_not_held_twice_under_two_profiles(person: Person, database: TestDatabase) -> None:
    held = stored(make_users_events_roles, user=person.user, role="moderator")
    invite = stored(
        make_role_invite, event=stored_event(held.event_id), email=person.user.email, role="moderator"
    )
    said_yes = {"data": {"token": invite.hash}}
    reply = person.under(person.club).post("/v1/role_invites/accept-invite", said_yes, content_type=PLAIN)
    assert reply.status == 409, reply.text
    assert database.one("SELECT status FROM role_invites") == "pending"


def test_a_former_owner_goes_on_as_organizer_under_the_same_profile(
    person: Person, database: TestDatabase
) -> None:
    event = stored(make_event, owner=person.user)
    belongs_to(database, person, person.museum)
    successor = stored(make_user)
    invite = stored(make_role_invite, event=event, email=successor.email, role="owner")
    said_yes = {"data": {"token": invite.hash}}
    assert person.client.post("/v1/role_invites/accept-invite", said_yes, content_type=PLAIN).status == 200
    sql = "SELECT profile_id FROM users_events_roles WHERE user_id = :id"
    assert database.one(sql, id=person.user.id) == person.museum.id


def test_a_group_is_organized_under_the_profile_that_accepted(person: Person) -> None:
    invite = stored(make_users_groups_role, email=person.user.email)
    said_yes = {"data": {"token": invite.token}}
    address = "/v1/users-groups-roles/accept-invite"
    assert person.under(person.club).post(address, said_yes, content_type=PLAIN).status == 200
    renamed = document("group", {"name": "Harbour"}, invite.group_id)
    assert person.where(200, "PATCH", f"/v1/groups/{invite.group_id}", renamed) == {"club"}


def test_answers_that_are_kept_for_a_key_are_those_of_the_profile(person: Person) -> None:
    sent, key = document("group", attributes_of("group")), {"Idempotency-Key": "a-key"}
    made = {client.post("/v1/groups", sent, headers=key).data["id"] for client in person.clients.values()}
    assert len(made) == 3
