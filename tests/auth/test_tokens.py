"""Tokens: what they say, how long they hold, and how every kind of wrong one is refused."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest

from chalicelib import clock
from chalicelib.auth import tokens
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.settings import settings

NEW, OLD = "new:" + "n" * 32, "old:" + "o" * 32


@pytest.fixture
def with_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def set_keys(*keys: str) -> None:
        monkeypatch.setenv("JWT_KEYS", ",".join(keys))
        settings.cache_clear()

    set_keys(OLD)
    return set_keys


def refusal(read: Callable[[str], object], token: str) -> str:
    with pytest.raises(Problem) as caught:
        read(token)
    assert caught.value.status == 401
    assert caught.value.header == "Authorization"
    return caught.value.detail


def forged(claims: dict[str, object], secret: str = "o" * 32, kid: str = "old", alg: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=alg, headers={"kid": kid})


def claims(**changes: object) -> dict[str, object]:
    now = clock.now().timestamp()
    return {"identity": 7, "type": "access", "iat": now, "nbf": now, "exp": now + 60, **changes}


def test_an_access_token_carries_the_claims_that_clients_know(with_keys: Callable[..., None]) -> None:
    payload = jwt.decode(tokens.access_token(7, fresh=True), options={"verify_signature": False})
    assert payload.keys() == {
        "identity", "type", "fresh", "jti", "iat", "nbf", "exp", "csrf", "user_claims",
        "iss", "aud", "ver", "auth_time",
    }  # fmt: skip
    assert (payload["identity"], payload["type"], payload["fresh"]) == (7, "access", True)
    assert payload["user_claims"] == {}
    assert payload["exp"] - payload["nbf"] == 24 * 3600


def test_both_spellings_of_the_header_are_read(with_keys: Callable[..., None]) -> None:
    token = tokens.access_token(7, fresh=False)
    for scheme in ("JWT", "Bearer", "bearer"):
        found = tokens.from_header(f"{scheme} {token}")
        assert (found.user_id, found.fresh) == (7, False)


@pytest.mark.parametrize("header", ["", "JWT", "Basic abc", "JWT  ", "abc"])
def test_another_header_is_refused(with_keys: Callable[..., None], header: str) -> None:
    assert "Authorization header" in refusal(tokens.from_header, header)


def test_the_two_kinds_do_not_stand_in_for_each_other(with_keys: Callable[..., None]) -> None:
    assert "refresh" in refusal(tokens.read_access, tokens.refresh_token(7))
    assert "access" in refusal(tokens.read_refresh, tokens.access_token(7, fresh=True))


def test_a_token_expires(with_keys: Callable[..., None]) -> None:
    token = tokens.access_token(7, fresh=True, lifetime=timedelta(minutes=90))
    with clock.shifted(timedelta(minutes=89)):
        assert tokens.read_access(token).user_id == 7
    with clock.shifted(timedelta(minutes=91)):
        assert refusal(tokens.read_access, token) == "The token has expired."


def test_a_token_from_the_future_is_refused(with_keys: Callable[..., None]) -> None:
    with clock.shifted(timedelta(hours=1)):
        token = tokens.access_token(7, fresh=True)
    assert "not valid yet" in refusal(tokens.read_access, token)


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        ("", "not a token"),
        ("a.b.c", "not a token"),
        ("žluťoučký.kůň.ó", "not a token"),
        (jwt.encode(claims(), "", algorithm="none", headers={"kid": "old"}), "algorithm"),
        (forged(claims(), "o" * 64, alg="HS512"), "algorithm"),
        (forged(claims(), secret="x" * 32), "signature"),
        (forged(claims(), kid="stranger"), "key"),
        (jwt.encode(claims(), "o" * 32), "key"),
        (forged(claims(identity="7")), "whose"),
        (forged(claims(identity=True)), "whose"),
        (forged(claims(ver="1")), "ver"),
        (forged(claims(ver=True)), "ver"),
        (forged(claims(auth_time="now")), "auth_time"),
        (forged({"type": "access"}), "identity"),
        (forged(claims(type=1)), "type"),
        (forged(claims(exp=None)), "exp"),
        (forged(claims(exp=1e300)), "exp"),
        (forged(claims(iat="yesterday")), "iat"),
    ],
)
def test_a_wrong_token_is_refused_and_told_why(
    with_keys: Callable[..., None], token: str, detail: str
) -> None:
    assert detail in refusal(tokens.read_access, token)


def test_a_tampered_token_is_refused(with_keys: Callable[..., None]) -> None:
    header, _, signature = tokens.access_token(7, fresh=True).split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims(identity=1)).encode()).decode().rstrip("=")
    assert "signature" in refusal(tokens.read_access, f"{header}.{other}.{signature}")


def test_keys_rotate_without_signing_anybody_out(with_keys: Callable[..., None]) -> None:
    before = tokens.access_token(7, fresh=True)
    with_keys(NEW, OLD)
    after = tokens.access_token(8, fresh=True)
    assert jwt.get_unverified_header(after)["kid"] == "new"
    assert tokens.read_access(before).user_id == 7
    with_keys(NEW)
    assert "key" in refusal(tokens.read_access, before)
    assert tokens.read_access(after).user_id == 8


@pytest.mark.parametrize("keys", ["", "short:secret", ":" + "n" * 32, "no-colon"])
def test_a_weak_or_missing_key_is_refused(with_keys: Callable[..., None], keys: str) -> None:
    with_keys(keys)
    with pytest.raises(LookupError, match="JWT_KEYS"):
        tokens.access_token(7, fresh=True)


def test_the_identity_of_an_expired_token_is_known_only_with_our_signature(
    with_keys: Callable[..., None],
) -> None:
    token = tokens.access_token(7, fresh=True)
    with clock.shifted(timedelta(days=900)):
        assert tokens.identity_of_expired(token) == 7
    assert tokens.identity_of_expired(forged(claims(), secret="x" * 32)) is None
    assert tokens.identity_of_expired("nonsense") is None


def made(kind: str, typ: str, **changes: object) -> str:
    """A token signed with our key, with claims as ours and the header's typ as given."""
    audience = {"access": "open-event-api", "refresh": "open-event-token-refresh"}[kind]
    now = clock.now().timestamp()
    ours = {"identity": 7, "type": kind, "iat": now, "nbf": now, "exp": now + 60}
    payload = {**ours, "iss": tokens.ISSUER, "aud": audience, **changes}
    kept = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(kept, "o" * 32, algorithm="HS256", headers={"kid": "old", "typ": typ})


READS = {"access": tokens.read_access, "refresh": tokens.read_refresh}
TYPES = {"access": "at+jwt", "refresh": "rt+jwt"}


@pytest.mark.parametrize("kind", READS)
def test_each_purpose_has_its_own_type_and_audience(with_keys: Callable[..., None], kind: str) -> None:
    token = {"access": tokens.access_token(7, fresh=True), "refresh": tokens.refresh_token(7)}[kind]
    assert jwt.get_unverified_header(token)["typ"] == TYPES[kind]
    for name, read in READS.items():
        if name == kind:
            assert read(token).user_id == 7
        else:
            assert kind in refusal(read, token)


@pytest.mark.parametrize("kind", READS)
@pytest.mark.parametrize(
    "changes",
    [
        {"typ": "JWT"},
        {"typ": "jwt"},
        {"typ": "secevent+jwt"},
        {"typ": "swapped"},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": None},
        {"aud": "swapped"},
        {"aud": ["open-event-api", "open-event-token-refresh"]},
        {"iss": None, "aud": None},
    ],
    ids=str,
)
def test_a_token_that_was_made_for_something_else_is_refused(
    with_keys: Callable[..., None], kind: str, changes: dict[str, object]
) -> None:
    other = {"access": "refresh", "refresh": "access"}[kind]
    swapped = {
        "typ": TYPES[other],
        "aud": {"access": "open-event-api", "refresh": "open-event-token-refresh"}[other],
    }
    given = {name: swapped[name] if value == "swapped" else value for name, value in changes.items()}
    typ = str(given.pop("typ", TYPES[kind]))
    assert READS[kind](made(kind, TYPES[kind])).user_id == 7
    assert "was not made for this" in refusal(READS[kind], made(kind, typ, **given))


@pytest.mark.parametrize("kind", READS)
def test_tokens_from_before_there_were_purposes_count_as_long_as_they_live(
    with_keys: Callable[..., None], kind: str
) -> None:
    former = forged(claims(type=kind))
    assert jwt.get_unverified_header(former)["typ"] == "JWT"
    for name, read in READS.items():
        if name == kind:
            assert (read(former).user_id, read(former).version) == (7, 0)
        else:
            assert kind in refusal(read, former)
    with clock.shifted(timedelta(seconds=61)):
        assert refusal(READS[kind], former) == "The token has expired."


def test_a_token_is_fresh_for_a_quarter_of_an_hour(with_keys: Callable[..., None]) -> None:
    given = tokens.read_access(tokens.access_token(7, fresh=True))
    former = tokens.read_access(forged(claims(fresh=True)))
    stale = tokens.read_access(tokens.access_token(7, fresh=False))
    assert [tokens.is_fresh(item) for item in (given, former, stale)] == [True, True, False]
    with clock.shifted(timedelta(minutes=14)):
        assert tokens.is_fresh(given)
        renewed = tokens.access_token(7, fresh=True, authenticated_at=given.authenticated_at)
    with clock.shifted(timedelta(minutes=16)):
        assert not any(tokens.is_fresh(item) for item in (given, former, tokens.read_access(renewed)))
