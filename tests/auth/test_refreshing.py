"""Refresh token rotation: each token is exchanged once, and reuse ends all that came of the same sign-in."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from chalicelib import clock, gateway_event
from chalicelib.auth import cookies, tokens
from tests.auth.holder import LOGIN, PLAIN, REFRESH, WHO, exchange
from tests.factories import stored
from tests.factories.user import PASSWORD, make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

LATER = timedelta(minutes=2)
ODD = [
    'g_state={"i_l":0}',
    "=;;;\x7f",
    "a",
    "x=1=2",
    'q="un',
    "ž=ů",
    "refresh_token_cookie",
    "refresh_token_cookie=",
]


@pytest.fixture
def user(client: Client) -> Any:
    return stored(make_user)


def signed_in(client: Client, user: Any, **headers: str) -> str:
    """The refresh token that a script gets when it signs in."""
    sent = {"email": user.email, "password": PASSWORD, "remember-me": True, "include-in-response": True}
    reply = client.post(LOGIN, sent, content_type=PLAIN, headers=headers)
    return str(reply.json["refresh_token"])


def following(client: Client, token: str) -> str:
    reply = exchange(client, token)
    assert reply.status == 200, reply.text
    assert reply.json.keys() == {"access_token", "refresh_token"}
    return str(reply.json["refresh_token"])


def test_a_refresh_token_is_exchanged_for_the_next_one(client: Client, user: Any) -> None:
    token = signed_in(client, user)
    for hours in (1, 24, 24 * 100):
        with clock.shifted(timedelta(hours=hours)):
            reply = exchange(client, token)
            assert client.signed_in_as(reply.json["access_token"]).get(WHO).json == {"user_id": user.id}
            assert reply.json["refresh_token"] != token
            token = reply.json["refresh_token"]


def test_using_an_exchanged_token_again_ends_the_family(client: Client, user: Any) -> None:
    first = signed_in(client, user)
    other = signed_in(client, user)
    second = following(client, first)
    with clock.shifted(LATER):
        reused = exchange(client, first)
        assert reused.status == 401
        assert "exchanged before" in reused.errors[0]["detail"]
        assert [exchange(client, token).status for token in (second, first)] == [401, 401]
        assert exchange(client, other).status == 200  # which came of another sign-in


def test_the_family_ends_at_once_when_the_successor_was_used(client: Client, user: Any) -> None:
    first = signed_in(client, user)
    third = following(client, following(client, first))
    assert [exchange(client, token).status for token in (first, third)] == [401, 401]


def test_a_request_that_is_sent_twice_is_answered_twice(client: Client, user: Any) -> None:
    first = signed_in(client, user)
    second, again = following(client, first), following(client, first)
    with clock.shifted(LATER):
        third = following(client, again)
        # Both texts are the same token: whoever kept the other one sends what was exchanged a moment ago.
        assert exchange(client, second).status == 200
    with clock.shifted(LATER + LATER):
        assert [exchange(client, token).status for token in (second, third)] == [401, 401]


def test_two_tabs_at_once_both_go_on(client: Client, user: Any, database: TestDatabase) -> None:
    first = signed_in(client, user)
    replies = [exchange(client, first) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]
    ids = {tokens.read_refresh(reply.json["refresh_token"]).id for reply in replies}
    assert len(ids) == 1
    assert database.one("SELECT count(*) FROM refresh_families") == 1


def test_a_rotated_token_lives_no_longer_than_the_first(client: Client, user: Any) -> None:
    first = signed_in(client, user)
    with clock.shifted(timedelta(days=364)):
        second = following(client, first)
        assert tokens.read_refresh(second).expires_at == tokens.read_refresh(first).expires_at
    with clock.shifted(timedelta(days=366)):
        assert exchange(client, second).status == 401


def test_a_browser_that_keeps_its_first_token_stays_signed_in(client: Client, user: Any) -> None:
    """The web front end sends the refresh token of its sign-in each time, and throws away what it gets."""
    first = signed_in(client, user, origin="https://events.example")
    for hours in (1, 3, 24 * 80):
        with clock.shifted(timedelta(hours=hours)):
            assert exchange(client, first).status == 200
    with clock.shifted(timedelta(days=91)):
        assert exchange(client, first).status == 401


def test_a_kept_token_ends_when_somebody_goes_on_with_its_successor(client: Client, user: Any) -> None:
    first = signed_in(client, user, origin="https://events.example")
    third = following(client, following(client, first))
    assert [exchange(client, token).status for token in (first, third)] == [401, 401]


def test_a_token_without_that_privilege_does_not_get_it_by_a_header(client: Client, user: Any) -> None:
    first = signed_in(client, user)
    browser = client.with_headers({"Origin": "https://events.example"})
    following(browser, first)
    with clock.shifted(LATER):
        assert exchange(browser, first).status == 401


def test_tokens_from_before_there_was_rotation_are_kept_and_end_on_reuse(client: Client, user: Any) -> None:
    now = clock.now().timestamp()
    claims = {
        "identity": user.id,
        "type": "refresh",
        "jti": "ab" * 16,
        "iat": now,
        "nbf": now,
        "exp": now + 10**7,
    }
    kid, secret = next(iter(tokens.keys().items()))
    former = jwt.encode({**claims, "csrf": "x", "user_claims": {}}, secret, "HS256", headers={"kid": kid})
    with clock.shifted(timedelta(hours=1)):
        following(client, former)
    with clock.shifted(timedelta(hours=30)):
        second = following(client, former)
    with clock.shifted(timedelta(hours=31)):
        third = following(client, second)
        assert [exchange(client, token).status for token in (former, third)] == [401, 401]


def test_what_was_revoked_before_there_were_versions_stays_revoked(
    client: Client, user: Any, database: TestDatabase
) -> None:
    refresh = tokens.refresh_token(user.id)
    assert exchange(client, refresh).status == 200
    database.run("UPDATE users SET tokens_revoked_at = now()")
    database.run("UPDATE users SET token_version = 0")
    assert exchange(client, refresh).status == 401


def test_families_are_swept_when_their_tokens_have_expired(
    client: Client, user: Any, database: TestDatabase, pump: Pump
) -> None:
    following(client, following(client, signed_in(client, user)))
    pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM refresh_families") == 1
    with clock.shifted(timedelta(days=366)):
        pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM refresh_families") == 0


def cookie_of(reply: Reply) -> tuple[str, str]:
    """What a browser sends back: the cookies, and the csrf value for the header."""
    pairs = [cookie.split(";")[0] for cookie in reply.cookies]
    return "; ".join(pairs), dict(pair.split("=", 1) for pair in pairs)["csrf_refresh_token"]


def sent_as_cookie(client: Client, cookie: str, csrf: str) -> Reply:
    return client.post(REFRESH, headers={"Cookie": cookie, "X-CSRF-TOKEN": csrf})


def pair(user: Any) -> tuple[str, str]:
    token = tokens.refresh_token(user.id)
    return f"refresh_token_cookie={token}", tokens.read_refresh(token).csrf


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("order", [1, -1])
def test_an_odd_cookie_hides_no_other(client: Client, user: Any, odd: str, order: int) -> None:
    ours, csrf = pair(user)
    for separator in ("; ", ";", " ;  "):
        cookie = separator.join(["theme=dark", odd, ours, "last=1"][::order])
        assert sent_as_cookie(client, cookie, csrf).status == 200, cookie


def test_a_quoted_cookie_is_read(client: Client, user: Any) -> None:
    ours, csrf = pair(user)
    name, _, token = ours.partition("=")
    assert sent_as_cookie(client, f'a=b; {name}="{token}"', csrf).status == 200


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_cookies_with_our_name_the_one_that_the_header_belongs_to_counts(
    client: Client, user: Any, order: int
) -> None:
    theirs, csrf_of_theirs = pair(stored(make_user))
    ours, csrf = pair(user)
    both = "; ".join([theirs, ours][::order])
    assert tokens.read_access(sent_as_cookie(client, both, csrf).json["access_token"]).user_id == user.id
    for wrong in ("", "guess", csrf_of_theirs[:-1]):
        assert sent_as_cookie(client, both, wrong).status == 401
    rubbish = "; ".join([ours, "refresh_token_cookie=rubbish"][::order])
    assert sent_as_cookie(client, rubbish, csrf).status == 200


def test_a_cookie_is_exchanged_for_the_next_cookie(client: Client, user: Any) -> None:
    cookie, csrf = pair(user)
    reply = sent_as_cookie(client, cookie, csrf)
    assert reply.json.keys() == {"access_token"}
    following_cookie, following_csrf = cookie_of(reply)
    with clock.shifted(LATER):
        assert sent_as_cookie(client, following_cookie, csrf).status == 401  # whose csrf value is another
        assert sent_as_cookie(client, following_cookie, following_csrf).status == 200
        assert sent_as_cookie(client, cookie, csrf).status == 401


def test_a_cookie_lives_as_long_as_its_token(client: Client, user: Any) -> None:
    token = tokens.refresh_token(user.id, timedelta(hours=1))
    assert all("Max-Age=3599" in cooky or "Max-Age=3600" in cooky for cooky in cookies.refresh_cookies(token))


def test_signing_out_everywhere_while_a_token_is_exchanged_ends_what_comes_of_it(
    client: Client, user: Any, database: TestDatabase
) -> None:
    first = signed_in(client, user)
    me = client.signed_in_as(user)
    reply = exchange(client, first)
    assert me.post("/v1/auth/blacklist").status == 200
    assert client.signed_in_as(reply.json["access_token"]).get(WHO).status == 401
    assert exchange(client, reply.json["refresh_token"]).status == 401


@pytest.mark.parametrize("lines", [["a=1; b=2"], ["a=1", "b=2"]])
def test_cookies_in_several_lines_are_one_list(lines: list[str]) -> None:
    event: dict[str, Any] = {
        "httpMethod": "GET",
        "multiValueHeaders": {"Cookie": lines, "Accept": ["a", "b"]},
    }
    headers = gateway_event.request_of(event).headers
    assert (headers["cookie"], headers["accept"]) == ("a=1; b=2", "a, b")
