"""Switching from one profile to another, and what a token of a profile is worth."""

from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.auth import tokens
from tests.factories import stored
from tests.factories.profile import make_profile
from tests.factories.user import PASSWORD, make_user
from tests.people.acting import PLAIN, SWITCH, Person, claims_of, switch
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

FRESH_LOGIN, REFRESH = "/v1/auth/fresh-login", "/v1/auth/token/refresh"


@pytest.fixture
def person(client: Client) -> Person:
    return Person(client)


def test_switching_gives_a_token_of_the_profile_and_back_again(person: Person) -> None:
    claims = claims_of(reply := switch(person.under(), person.museum.id))
    assert (claims.user_id, claims.profile_id, claims.fresh) == (person.user.id, person.museum.id, True)
    museum = person.client.signed_in_as(reply.json["access_token"])
    assert claims_of(switch(museum, str(person.club.id))).profile_id == person.club.id
    assert claims_of(switch(museum, None)).profile_id is None


@pytest.mark.parametrize("fresh", [True, False])
def test_the_token_is_as_fresh_as_the_former_and_lives_no_longer(person: Person, fresh: bool) -> None:
    former = tokens.access_token(person.user.id, fresh=fresh, lifetime=timedelta(minutes=20))
    claims = claims_of(switch(person.client.signed_in_as(former), person.museum.id))
    assert claims.fresh is fresh
    assert claims.expires_at <= tokens.read_access(former).expires_at


def test_a_token_that_is_not_fresh_stays_in_its_profile(person: Person) -> None:
    museum = person.under(person.museum, fresh=False)
    assert claims_of(switch(museum, person.museum.id)).profile_id == person.museum.id
    assert [switch(museum, other).status for other in (person.club.id, None)] == [401, 401]
    # Whoever is remembered gets a token of their own account, and goes from there.
    refreshed = person.client.signed_in_as(tokens.refresh_token(person.user.id)).post(REFRESH)
    own = person.client.signed_in_as(refreshed.json["access_token"])
    assert claims_of(switch(own, person.club.id)).profile_id == person.club.id


def test_giving_the_password_again_keeps_the_profile(person: Person) -> None:
    stale = person.under(person.museum, fresh=False)
    claims = claims_of(stale.post(FRESH_LOGIN, {"password": PASSWORD}, content_type=PLAIN))
    assert (claims.fresh, claims.profile_id) == (True, person.museum.id)


def test_nobody_switches_to_what_is_not_theirs(person: Person, database: TestDatabase) -> None:
    foreign, deleted = stored(make_profile), stored(make_profile, user=person.user, deleted_at=clock.now())
    for expected in (foreign.id, deleted.id, 2**40, 2**70, "museum", -1):
        assert switch(person.under(), expected).status == 404, expected
    assert person.client.post(SWITCH, {"profile": person.museum.id}, content_type=PLAIN).status == 401


@pytest.mark.parametrize(
    "body", [{}, [], {"profile": True}, {"profile": []}, {"profile": ""}, {"profile": 1.5}]
)
def test_a_switch_says_where_to(person: Person, body: object) -> None:
    assert person.under().post(SWITCH, body, content_type=PLAIN).status == 400


def test_a_token_of_anothers_profile_opens_nothing(person: Person) -> None:
    foreign = stored(make_profile)
    for profile_id in (foreign.id, 2**40):
        forged = tokens.access_token(person.user.id, fresh=True, profile_id=profile_id)
        assert person.client.signed_in_as(forged).get(f"/v1/users/{person.user.id}").status == 401


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE profiles SET deleted_at = now()",
        "DELETE FROM profiles",
        "UPDATE users SET is_blocked = true",
        "UPDATE users SET deleted_at = now()",
    ],
)
def test_a_profile_that_is_gone_takes_its_tokens_along_at_once(
    person: Person, database: TestDatabase, change: str
) -> None:
    museum, address = person.under(person.museum), f"/v1/profiles/{person.museum.id}"
    assert [museum.get(address).status for _ in range(2)] == [200, 200]  # remembered the second time
    database.run(change)
    assert museum.get(address).status == 401


def test_tokens_that_were_signed_before_there_were_profiles_stay_good(person: Person) -> None:
    before = tokens.access_token(person.user.id, fresh=True)
    assert "profile" not in _payload(before)
    assert person.client.signed_in_as(before).get(f"/v1/users/{person.user.id}").status == 200


@pytest.mark.parametrize("claimed", ["1", True, 1.0, []])
def test_a_claim_that_is_no_id_is_refused(person: Person, claimed: object) -> None:
    token = tokens._signed(
        {"identity": person.user.id, "type": "access", "fresh": True, "profile": claimed},
        clock.now() + tokens.ACCESS_LIFETIME,
    )
    assert person.client.signed_in_as(token).get(f"/v1/users/{person.user.id}").status == 401


def test_staff_powers_count_under_the_staff_profile_alone(client: Client) -> None:
    admin = Person(client, is_admin=True)
    stranger = f"/v1/users/{stored(make_user).id}"
    # Staff without a profile for it has its powers all day, as ever; under another profile it has none.
    assert admin.where(200, "GET", stranger) == {"own"}
    duty = stored(make_profile, user=admin.user, is_staff=True)
    assert admin.where(200, "GET", stranger) == set()
    assert admin.under(duty).get(stranger).status == 200


def test_a_profile_never_gives_more_powers_than_its_user_has(client: Client, database: TestDatabase) -> None:
    admin = Person(client, is_admin=True)
    duty = admin.under(stored(make_profile, user=admin.user, is_staff=True))
    foreign = f"/v1/profiles/{stored(make_profile).id}"  # seen by super admins alone
    assert duty.get(foreign).status == 404
    database.run(f"UPDATE users SET is_super_admin = true WHERE id = {admin.user.id}")
    assert duty.get(foreign).status == 200
    database.run(f"UPDATE users SET is_super_admin = false, is_admin = false WHERE id = {admin.user.id}")
    assert duty.get("/v1/users").status == 403


def test_staff_powers_are_taken_up_with_a_password_and_for_90_minutes(client: Client) -> None:
    admin = Person(client, is_admin=True)
    duty = stored(make_profile, user=admin.user, is_staff=True)
    assert switch(admin.under(fresh=False), duty.id).status == 401
    claims = claims_of(switch(admin.under(), duty.id))
    assert claims.expires_at - claims.issued_at <= tokens.SHORT_ACCESS_LIFETIME
    again = admin.under(duty).post(FRESH_LOGIN, {"password": PASSWORD}, content_type=PLAIN)
    claims = claims_of(again)
    assert claims.expires_at - claims.issued_at <= tokens.SHORT_ACCESS_LIFETIME


def _payload(token: str) -> dict[str, object]:
    import jwt

    found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return found
