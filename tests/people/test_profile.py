"""Profiles as such: whose they are, who sees them, where staff powers are kept, and how they go."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, db
from chalicelib.jsonapi.write import trash
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from tests.factories import attributes_of, stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.order import make_order
from tests.factories.profile import make_profile
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.people.acting import Person
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


@pytest.fixture
def person(client: Client) -> Person:
    return Person(client)


def changed(client: Client, profile: Any, **values: Any) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return client.patch(f"/v1/profiles/{profile.id}", document("profile", sent, profile.id))


def test_a_profile_is_made_by_its_person(person: Person, database: TestDatabase) -> None:
    sent = attributes_of("profile")
    made = person.under().post("/v1/profiles", document("profile", sent))
    assert made.status == 201, made.text
    assert made.data["attributes"].items() >= {**sent, "is-staff": False, "deleted-at": None}.items()
    assert database.one("SELECT user_id FROM profiles ORDER BY id DESC LIMIT 1") == person.user.id


def test_others_neither_see_nor_make_nor_change_it(person: Person, client: Client) -> None:
    admin, stranger = (client.signed_in_as(stored(make_user, is_admin=flag)) for flag in (True, False))
    address = f"/v1/profiles/{person.museum.id}"
    for item in (admin, stranger):
        assert [item.get(address).status, item.delete(address).status] == [404, 404]
        assert changed(item, person.museum, name="Taken").status == 404
        assert item.get("/v1/profiles").data == []
        for_another = document("profile", {"name": "Taken"}, user=("user", person.user))
        assert item.post("/v1/profiles", for_another).status == 403
    assert [client.get("/v1/profiles").status, client.get(address).status] == [401, 404]


def test_super_admins_keep_profiles_of_others(person: Person, client: Client, database: TestDatabase) -> None:
    chief = client.signed_in_as(stored(make_user, is_super_admin=True))
    assert changed(chief, person.museum, name="City Museum").status == 200
    for_another = document("profile", {"name": "Library"}, user=("user", person.user))
    assert chief.post("/v1/profiles", for_another).status == 201
    powers = document("profile", {"name": "Duty", "is-staff": True}, user=("user", person.user))
    assert chief.post("/v1/profiles", powers).status == 422  # whose user has none
    database.run(f"UPDATE users SET is_admin = true WHERE id = {person.user.id}")
    assert chief.post("/v1/profiles", powers).status == 201


def test_a_profile_stays_with_its_person(person: Person, client: Client) -> None:
    other, chief = stored(make_user), stored(make_user, is_super_admin=True)
    moved = document("profile", {}, person.museum.id, user=("user", other))
    for item in (person.under(), client.signed_in_as(chief)):
        assert item.patch(f"/v1/profiles/{person.museum.id}", moved).status == 403


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "x" * 201}, 422),
        ({"contact-email": "no address"}, 422),
        ({"website": "javascript:alert(1)"}, 422),
        ({"avatar-url": "no address"}, 422),
        ({"is-staff": True}, 403),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_pointer(
    person: Person, sent: dict[str, Any], status: int
) -> None:
    body = document("profile", {**attributes_of("profile"), **sent})
    for reply in (
        person.under().post("/v1/profiles", body),
        person.under().patch(f"/v1/profiles/{person.museum.id}", document("profile", sent, person.museum.id)),
    ):
        assert reply.status == status, reply.text
        assert reply.errors[0]["source"]["pointer"] == f"/data/attributes/{next(iter(sent))}"


def test_staff_says_where_its_powers_count(client: Client) -> None:
    admin = Person(client, is_admin=True)
    # As themselves, while nothing keeps their powers elsewhere; then under that profile alone.
    assert changed(admin.under(), admin.museum, is_staff=True).status == 200
    for item in (admin.under(), admin.under(admin.club)):
        assert changed(item, admin.club, is_staff=True).status == 403
        assert changed(item, admin.museum, is_staff=False).status == 403
        assert changed(item, admin.museum, name="Duty").status == 200
        removed = item.delete(f"/v1/profiles/{admin.museum.id}")
        assert removed.status == 403
    duty = admin.under(admin.museum)
    assert changed(duty, admin.museum, is_staff=False).status == 200
    assert admin.where(200, "GET", "/v1/users") == {"own"}


def test_a_staff_profile_in_the_trash_keeps_no_powers_from_anybody(client: Client) -> None:
    admin = Person(client, is_admin=True)
    duty = stored(make_profile, user=admin.user, is_staff=True)
    address, back = f"/v1/profiles/{duty.id}", document("profile", {"deleted-at": None}, duty.id)
    assert admin.under(duty).delete(address).status == 200
    assert admin.under(duty).get(address).status == 401
    assert admin.where(200, "GET", "/v1/users") == {"own"}
    assert admin.under(admin.club).patch(f"{address}?get_trashed=true", back).status == 403
    assert admin.under().patch(f"{address}?get_trashed=true", back).status == 200
    assert admin.where(200, "GET", "/v1/users") == set()


@pytest.mark.parametrize("state", ["initializing", "pending", "placed", "completed"])
def test_a_profile_stays_while_it_has_orders(person: Person, database: TestDatabase, state: str) -> None:
    address = f"/v1/profiles/{person.museum.id}"
    order = stored(make_order, user=person.user, profile_id=person.museum.id, status=state)
    assert person.under().delete(address).status == 409
    assert person.under(person.museum).get(address).status == 200
    ended = clock.now() - timedelta(days=1)
    database.run(f"UPDATE events SET ends_at = '{ended.isoformat()}' WHERE id = {order.event_id}")
    assert person.under().delete(address).status == 200
    assert database.one("SELECT profile_id FROM orders") == person.museum.id


@pytest.mark.parametrize("made", ["a role", "a group"])
def test_a_profile_stays_while_an_event_or_a_group_counts_on_it(
    person: Person, database: TestDatabase, made: str
) -> None:
    address = f"/v1/profiles/{person.museum.id}"
    if made == "a role":
        stored(make_users_events_roles, user=person.user)
        database.run(f"UPDATE users_events_roles SET profile_id = {person.museum.id}")
    else:
        stored(make_group, user=person.user, profile_id=person.museum.id)
    assert person.under().delete(address).status == 409
    assert person.under().delete(f"/v1/profiles/{person.club.id}").status == 200
    database.run("UPDATE events SET deleted_at = now()")
    database.run("UPDATE groups SET deleted_at = now()")
    assert person.under().delete(address).status == 200


def test_a_deleted_profile_comes_back_with_what_is_its(person: Person) -> None:
    proposed = stored(make_session, creator_id=person.user.id, profile_id=person.museum.id, state="draft")
    address, back = (
        f"/v1/profiles/{person.museum.id}",
        document("profile", {"deleted-at": None}, person.museum.id),
    )
    assert person.under().delete(address).status == 200
    assert person.under().get(address).status == 404
    assert person.where(200, "GET", f"/v1/sessions/{proposed.id}") == set()
    assert person.under().patch(f"{address}?get_trashed=true", back).status == 200
    assert person.where(200, "GET", f"/v1/sessions/{proposed.id}") == {"museum"}


def test_the_trash_is_not_emptied_of_profiles_that_something_belongs_to(
    person: Person, database: TestDatabase
) -> None:
    stored(make_session, creator_id=person.user.id, profile_id=person.museum.id)
    database.run("UPDATE profiles SET deleted_at = now() - interval '1 year'")
    with db.transaction() as session:
        assert trash.purge(session, REGISTRY["profile"], clock.now()) == 1
    assert database.rows("SELECT name FROM profiles") == [{"name": "Museum"}]


def test_an_account_stays_while_an_event_counts_on_one_of_its_profiles(
    person: Person, database: TestDatabase
) -> None:
    stored(make_event, owner=person.user)
    database.run(f"UPDATE users_events_roles SET profile_id = {person.museum.id}")
    assert person.under().delete(f"/v1/users/{person.user.id}").status == 403


def test_a_picture_is_uploaded_for_it(person: Person) -> None:
    sent = {"slot": "profile.avatar-url", "owner-id": str(person.museum.id), "file-name": "me.png"}
    asked = document("upload", sent)
    assert person.under().post("/v1/uploads", asked).status == 201
    assert person.client.signed_in_as(stored(make_user)).post("/v1/uploads", asked).status == 404


def test_without_a_trash_a_profile_stays_while_anything_is_its(
    person: Person, environment: pytest.MonkeyPatch
) -> None:
    stored(make_session, creator_id=person.user.id, profile_id=person.museum.id)
    environment.setenv("SOFT_DELETE", "false")
    settings.cache_clear()
    assert person.under().delete(f"/v1/profiles/{person.museum.id}").status == 409
    assert person.under().delete(f"/v1/profiles/{person.club.id}").status == 200
