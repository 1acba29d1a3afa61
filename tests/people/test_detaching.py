"""Detaching a profile as an account of its own, with all that is its."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.order import make_order
from tests.factories.profile import make_profile
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.people.acting import HELD, NEW_PASSWORD, Person, Rows, detach, join, log_in
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump


@pytest.fixture
def person(client: Client) -> Person:
    return Person(client)


def test_a_profile_that_was_joined_becomes_the_account_that_it_was(
    person: Person, database: TestDatabase, pump: Pump
) -> None:
    other = stored(make_user, company="Harbour Jazz", billing_city="Hamburg")
    rows = Rows(database, other)
    profile_id = int(join(person.under(), other.email).data["id"])
    reply = detach(person.under(), profile_id, other.email)
    assert reply.status == 201, reply.text
    assert reply.json.items() >= {"email": other.email, "name": "Harbour Jazz"}.items()
    new_id = reply.json["id"]
    assert rows.held_by(new_id) == {(table, None) for table in HELD}
    assert rows.held_by(person.user.id) == set()
    token = log_in(person.client, other.email, NEW_PASSWORD).json["access_token"]
    new = person.client.signed_in_as(token)
    for address in rows.addresses:
        assert new.get(address).status == 200
        assert person.where(200, "GET", address) == set()
    account = new.get(f"/v1/users/{new_id}").data["attributes"]
    assert (account["company"], account["billing-city"]) == ("Harbour Jazz", "Hamburg")
    assert account["is-verified"] is False
    assert person.under(profile_id).get("/v1/profiles").status == 401
    pump.everything()
    (mail,) = [mail for mail in pump.mails() if other.email in mail["to"]]
    verification = {"data": {"token": mail["text"].split("token=")[1].split()[0]}}
    assert person.client.post("/v1/auth/verify-email", verification).status == 200
    # And round again.
    assert join(person.under(), other.email, NEW_PASSWORD).status == 201


def test_a_detached_profile_leaves_the_rest_where_it_is(person: Person, database: TestDatabase) -> None:
    mine = stored(make_order, user=person.user)
    of_club = stored(make_order, user=person.user, profile_id=person.club.id)
    of_museum = stored(make_order, user=person.user, profile_id=person.museum.id)
    new_id = detach(person.under(person.club), person.museum.id).json["id"]
    found = {row["id"]: row for row in database.rows("SELECT id, user_id, profile_id FROM orders")}
    assert (found[mine.id]["user_id"], found[mine.id]["profile_id"]) == (person.user.id, None)
    assert (found[of_club.id]["user_id"], found[of_club.id]["profile_id"]) == (person.user.id, person.club.id)
    assert (found[of_museum.id]["user_id"], found[of_museum.id]["profile_id"]) == (new_id, None)


def test_a_speaker_goes_with_the_profile_and_not_with_the_persons_address(
    person: Person, database: TestDatabase
) -> None:
    speaker = {"user_id": person.user.id, "profile_id": person.museum.id, "email": person.user.email}
    stored(make_speaker, **speaker)
    detach(person.under(), person.museum.id, "museum@example.org")
    assert database.one("SELECT email FROM speakers") == "museum@example.org"


@pytest.mark.parametrize(
    ("sent", "status", "pointer"),
    [
        ({"email": "no address"}, 400, "/email"),
        ({"email": ""}, 400, "/email"),
        ({"password": "short"}, 400, "/password"),
        ({"password": "x" * 1025}, 400, "/password"),
        ({"password": None}, 400, "/password"),
    ],
)
def test_a_new_account_needs_an_address_and_a_password(
    person: Person, database: TestDatabase, sent: dict[str, Any], status: int, pointer: str
) -> None:
    reply = detach(person.under(), person.museum.id, **{"email": "new@example.org", **sent})
    assert reply.status == status, reply.text
    assert reply.errors[0]["source"]["pointer"] == pointer
    assert database.one("SELECT count(*) FROM users") == 1


def test_an_address_that_is_taken_is_a_conflict(person: Person, database: TestDatabase) -> None:
    reply = detach(person.under(), person.museum.id, person.user.email.upper())
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (409, "/email")
    assert person.under(person.museum).get("/v1/profiles").status == 200


def test_only_its_person_detaches_a_profile_and_freshly(person: Person, client: Client) -> None:
    stranger, chief = stored(make_user), stored(make_user, is_super_admin=True)
    assert detach(client, person.museum.id).status in {401, 404}
    assert detach(client.signed_in_as(stranger), person.museum.id).status == 404
    assert detach(client.signed_in_as(chief), person.museum.id).status == 403
    assert detach(person.under(fresh=False), person.museum.id).status == 401
    assert detach(person.under(), 2**40).status == 404


def test_a_staff_profile_is_detached_by_staff_and_gives_no_powers_away(client: Client) -> None:
    admin = Person(client, is_admin=True)
    duty = stored(make_profile, user=admin.user, is_staff=True)
    assert detach(admin.under(), duty.id).status == 403
    new_id = detach(admin.under(duty), duty.id).json["id"]
    assert client.signed_in_as(new_id).get("/v1/users").status == 403
