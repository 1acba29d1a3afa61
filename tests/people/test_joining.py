"""Joining an account as a profile: what comes along, and what is refused."""

from typing import Any

import pytest

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.resources import REGISTRY
from chalicelib.resources.people.profile.rows import OF_PERSON, OF_PROFILE
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.order import make_order
from tests.factories.profile import make_profile
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.user_email import make_user_email
from tests.factories.user_favourite_event import make_user_favourite_event
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.users_groups_role import make_users_groups_role
from tests.people.acting import HELD, Person, Rows, join, log_in
from tests.support.databases import TestDatabase
from tests.support.http_client import Client


@pytest.fixture
def person(client: Client) -> Person:
    return Person(client)


def test_an_account_becomes_a_profile_with_all_that_it_held(person: Person, database: TestDatabase) -> None:
    other = stored(make_user, company="Harbour Jazz", avatar_url="https://media.example.org/a.png")
    rows = Rows(database, other)
    reply = join(person.under(), other.email.upper())
    assert reply.status == 201, reply.text
    profile_id = int(reply.data["id"])
    assert reply.headers["location"].endswith(f"/v1/profiles/{profile_id}")
    shown = reply.data["attributes"]
    assert (shown["name"], shown["contact-email"]) == ("Harbour Jazz", other.email)
    assert (shown["avatar-url"], shown["is-staff"]) == ("https://media.example.org/a.png", False)
    assert rows.held_by(person.user.id) == {(table, profile_id) for table in HELD}
    assert rows.held_by(other.id) == set()
    for address in rows.addresses:
        assert person.under(profile_id).get(address).status == 200
        assert person.where(200, "GET", address) == set()


def test_nobody_signs_in_with_an_account_that_was_joined(person: Person, database: TestDatabase) -> None:
    other = stored(make_user)
    theirs = person.client.signed_in_as(other)
    assert theirs.get(f"/v1/users/{other.id}").status == 200
    assert join(person.under(), other.email).status == 201
    assert theirs.get(f"/v1/users/{other.id}").status == 401
    assert log_in(person.client, other.email).status == 401
    assert join(person.under(), other.email).status == 401  # a second time there is no such account


def test_what_is_personal_is_kept_once(person: Person, database: TestDatabase) -> None:
    other, event = stored(make_user), stored(make_event)
    stored(make_user_email, user=other, email_address="second@example.org")
    for user in (person.user, other):
        stored(make_user_favourite_event, user=user, event=event)
    stored(make_user_favourite_event, user=other)
    assert join(person.under(), other.email).status == 201
    assert database.one("SELECT user_id FROM user_emails") == person.user.id
    mine = "SELECT count(*) FROM user_favourite_events WHERE user_id = :id"
    assert database.one(mine, id=person.user.id) == 2


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"is_blocked": True}, 403),
        ({"is_verified": False}, 403),
        ({"is_admin": True}, 403),
        ({"is_super_admin": True}, 403),
        ({"is_sales_admin": True}, 403),
        ({"is_marketer": True}, 403),
        ({"password_hash": None}, 401),
        ({"deleted_at": clock.now()}, 401),
    ],
)
def test_accounts_that_cannot_be_joined(
    person: Person, database: TestDatabase, values: dict[str, Any], status: int
) -> None:
    other = stored(make_user, **values)
    stored(make_event, owner=other)
    assert join(person.under(), other.email).status == status
    assert database.one("SELECT count(*) FROM profiles") == 2
    assert database.one("SELECT user_id FROM users_events_roles") == other.id


def test_a_wrong_password_and_an_unknown_address_look_the_same(person: Person) -> None:
    other = stored(make_user)
    replies = [
        join(person.under(), other.email, "not the password"),
        join(person.under(), "nobody@example.org"),
    ]
    assert [reply.status for reply in replies] == [401, 401]
    assert replies[0].text == replies[1].text


def test_who_joins_is_signed_in_freshly_and_verified(person: Person, client: Client) -> None:
    other = stored(make_user)
    assert join(client, other.email).status == 401
    assert join(person.under(fresh=False), other.email).status == 401
    assert join(Person(client, is_verified=False).under(), other.email).status == 403
    assert join(person.under(), person.user.email).status == 409


def test_an_account_with_profiles_is_not_joined(person: Person, database: TestDatabase) -> None:
    other = stored(make_user)
    profile = stored(make_profile, user=other)
    assert join(person.under(), other.email).status == 409
    # What belongs to a profile that is gone comes along.
    stored(make_session, creator_id=other.id, profile_id=profile.id)
    database.run(f"UPDATE profiles SET deleted_at = now() WHERE id = {profile.id}")
    joined = join(person.under(), other.email)
    assert joined.status == 201, joined.text
    assert database.one("SELECT profile_id FROM sessions") == int(joined.data["id"])


def test_the_same_role_cannot_be_held_twice_and_then_nothing_happens(
    person: Person, database: TestDatabase
) -> None:
    other, event = stored(make_user), stored(make_event)
    for user in (person.user, other):
        stored(make_users_events_roles, user=user, event=event, role="moderator")
    stored(make_order, user=other)
    reply = join(person.under(), other.email)
    assert reply.status == 409, reply.text
    assert "role at an event" in reply.errors[0]["detail"]
    assert database.one("SELECT user_id FROM orders") == other.id
    assert log_in(person.client, other.email).status == 200


def test_the_same_group_cannot_be_organized_twice(person: Person) -> None:
    other, group = stored(make_user), stored(make_group)
    for user in (person.user, other):
        stored(make_users_groups_role, group=group, user_id=user.id, email=user.email, accepted=True)
    reply = join(person.under(), other.email)
    assert reply.status == 409
    assert "the same group" in reply.errors[0]["detail"]


def test_every_table_says_what_becomes_of_its_rows() -> None:
    assert "profile" in REGISTRY  # so all nouns are imported
    known = {
        *OF_PROFILE.items(),
        *((table, column) for table, column, _ in OF_PERSON),
        ("profiles", "user_id"),
        # They end with the account that they were given to.
        ("one_time_tokens", "user_id"),
        ("schedule_feeds", "user_id"),
        ("refresh_families", "user_id"),
        ("chat_accounts", "user_id"),
    }
    referring = {
        (table.name, column.name)
        for table in Model.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname == "users.id"
    }
    assert referring <= known
    having = {table.name for table in Model.metadata.tables.values() if "profile_id" in table.columns}
    assert having == OF_PROFILE.keys()
