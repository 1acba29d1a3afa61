"""Signing in, staying signed in, and signing out, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from chalicelib import clock
from chalicelib.auth import cookies, tokens
from tests.factories import stored
from tests.factories.user import PASSWORD, make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

LOGIN, REFRESH = "/v1/auth/login", "/v1/auth/token/refresh"


def log_in(client: Client, email: str, password: str = PASSWORD, **flags: bool) -> Reply:
    sent: dict[str, object] = {"email": email, "password": password}
    sent |= {name.replace("_", "-"): value for name, value in flags.items()}
    return client.post(LOGIN, sent, content_type="application/json")


@pytest.mark.parametrize("path", ["/auth/session", LOGIN])
@pytest.mark.parametrize("name", ["email", "username"])
def test_signing_in_gives_a_fresh_token_for_a_day(client: Client, path: str, name: str) -> None:
    user = stored(make_user)
    sent = {name: user.email.upper(), "password": PASSWORD}
    reply = client.post(path, sent, content_type="application/json")
    assert reply.status == 200, reply.text
    assert reply.json.keys() == {"access_token"}
    claims = tokens.read_access(reply.json["access_token"])
    assert (claims.user_id, claims.fresh) == (user.id, True)
    with clock.shifted(timedelta(hours=23)):
        assert client.signed_in_as(reply.json["access_token"]).get(f"/v1/users/{user.id}").status == 200


def test_signing_in_is_noted(client: Client, database: TestDatabase) -> None:
    user = stored(make_user)
    log_in(client, user.email)
    assert database.one("SELECT last_accessed_at FROM users") is not None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/email"),
        ({"email": "a@example.org"}, "/password"),
        ({"email": "a@example.org", "password": ""}, "/password"),
        ({"email": 5, "password": "x"}, "/email"),
        ({"email": None, "password": "x"}, "/email"),
        ({"email": "a@example.org", "password": ["x"]}, "/password"),
        ([], ""),
        ("x", ""),
    ],
)
def test_what_is_missing_is_named(client: Client, body: Any, pointer: str) -> None:
    reply = client.post(LOGIN, body, content_type="application/json")
    assert reply.status == 400, reply.text
    assert reply.errors[0]["source"]["pointer"] == pointer


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"email": NaN}', b"[" * 100_000])
def test_a_broken_body_is_a_400(client: Client, body: bytes) -> None:
    assert client.post(LOGIN, body=body, content_type="application/json").status == 400


def test_a_wrong_address_and_a_wrong_password_look_the_same(client: Client) -> None:
    user = stored(make_user)
    wrong = log_in(client, user.email, "not the password")
    unknown = log_in(client, "nobody@example.org")
    assert (wrong.status, unknown.status) == (401, 401)
    assert wrong.text == unknown.text


def test_blocked_deleted_and_passwordless_accounts_do_not_sign_in(client: Client) -> None:
    for values in ({"is_blocked": True}, {"deleted_at": clock.now()}, {"password_hash": None}):
        assert log_in(client, stored(make_user, **values).email).status == 401


def test_a_token_of_an_account_that_was_blocked_since_opens_nothing(
    client: Client, database: TestDatabase
) -> None:
    user = stored(make_user)
    asking = client.signed_in_as(user)
    database.run("UPDATE users SET is_blocked = true")
    assert asking.get(f"/v1/users/{user.id}").status == 401


def test_a_bad_token_does_not_keep_anybody_from_signing_in(client: Client) -> None:
    user = stored(make_user)
    assert log_in(client.signed_in_as("rubbish"), user.email).status == 200


def test_an_outdated_hash_is_renewed(client: Client, database: TestDatabase) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    user = stored(make_user, password_hash=weak)
    assert log_in(client, user.email).status == 200
    assert database.one("SELECT password_hash FROM users") != weak
    assert log_in(client, user.email).status == 200


def remembered(client: Client, email: str) -> Any:
    return log_in(client, email, remember_me=True, include_in_response=True).json


def test_who_is_remembered_gets_a_short_token_and_a_refresh_token(client: Client) -> None:
    user = stored(make_user)
    given = remembered(client, user.email)
    with clock.shifted(timedelta(minutes=91)):
        assert client.signed_in_as(given["access_token"]).get(f"/v1/users/{user.id}").status == 401
        reply = client.signed_in_as(given["refresh_token"]).post(REFRESH)
        assert reply.status == 200, reply.text
        claims = tokens.read_access(reply.json["access_token"])
        assert (claims.user_id, claims.fresh) == (user.id, False)
    with clock.shifted(timedelta(days=366)):
        assert client.signed_in_as(given["refresh_token"]).post(REFRESH).status == 401


def test_a_refresh_token_opens_no_other_door(client: Client) -> None:
    user = stored(make_user)
    refresh = remembered(client, user.email)["refresh_token"]
    assert client.signed_in_as(refresh).get(f"/v1/users/{user.id}").status == 401
    access = client.signed_in_as(user)
    assert access.post(REFRESH).status == 401
    assert client.post(REFRESH).status == 401


def test_a_browser_keeps_the_refresh_token_in_a_cookie_out_of_reach(client: Client) -> None:
    user = stored(make_user)
    reply = log_in(client, user.email, remember_me=True)
    assert reply.json.keys() == {"access_token"}
    token_cookie, csrf_cookie = cookies.refresh_cookies(tokens.refresh_token(user.id))
    assert "HttpOnly" in token_cookie
    assert f"Path={REFRESH};" in token_cookie
    assert "HttpOnly" not in csrf_cookie


def test_a_cookie_counts_only_with_its_csrf_value(client: Client) -> None:
    token = tokens.refresh_token(stored(make_user).id)
    sent = "; ".join(cookie.split(";")[0] for cookie in cookies.refresh_cookies(token))
    csrf = tokens.read_refresh(token).csrf
    for headers, status in [
        ({"Cookie": sent}, 401),
        ({"Cookie": sent, "X-CSRF-TOKEN": "guess"}, 401),
        ({"Cookie": sent, "X-CSRF-TOKEN": csrf}, 200),
        ({"Cookie": "refresh_token_cookie=rubbish", "X-CSRF-TOKEN": csrf}, 401),
        ({"Cookie": "=;;;\x7f"}, 401),
    ]:
        assert client.post(REFRESH, headers=headers).status == status


def test_signing_out_empties_the_cookies(client: Client) -> None:
    reply = client.post("/v1/auth/logout")
    assert reply.status == 200
    assert "Max-Age=0" in reply.headers["set-cookie"]
    assert all("Max-Age=0" in cookie for cookie in cookies.expired_cookies())


def test_signing_out_everywhere_revokes_what_was_given_until_now(client: Client) -> None:
    user = stored(make_user)
    old = remembered(client, user.email)["refresh_token"]
    assert client.post("/v1/auth/blacklist").status == 401
    assert client.signed_in_as(user).post("/v1/auth/blacklist").status == 200
    assert client.signed_in_as(old).post(REFRESH).status == 401
    new = remembered(client, user.email)["refresh_token"]
    assert client.signed_in_as(new).post(REFRESH).status == 200


def test_a_refresh_token_of_a_blocked_account_is_refused(client: Client, database: TestDatabase) -> None:
    refresh = remembered(client, stored(make_user).email)["refresh_token"]
    database.run("UPDATE users SET is_blocked = true")
    assert client.signed_in_as(refresh).post(REFRESH).status == 401


def test_giving_the_password_again_makes_fresh(client: Client) -> None:
    user = stored(make_user)
    stale = client.signed_in_as(tokens.access_token(user.id, fresh=False))
    path = "/v1/auth/fresh-login"
    assert client.post(path, {"password": PASSWORD}).status == 401
    assert stale.post(path, {"password": "wrong"}).status == 401
    reply = stale.post(path, {"password": PASSWORD})
    assert tokens.read_access(reply.json["access_token"]).fresh is True


def test_a_token_tells_whose_it_is(client: Client) -> None:
    user = stored(make_user)
    path = "/v1/users/user-details/get-user-id"
    assert client.signed_in_as(user).get(path).json == {"user_id": user.id}
    assert client.get(path).status == 401


@pytest.mark.parametrize("path", ["/v1/users/check_email", "/v1/users/checkEmail"])
def test_an_address_can_be_asked_for(client: Client, path: str) -> None:
    """The web front end reads whether it `exists`; the attendee app whether it is free, in `result`."""
    user = stored(make_user)
    taken = client.post(path, {"email": user.email.title()}, content_type="application/json")
    assert taken.json == {"exists": True, "result": False}
    free = client.post(path, {"email": "free@example.org"}, content_type="application/json")
    assert free.json == {"exists": False, "result": True}
    assert client.post(path, {}).status == 400
