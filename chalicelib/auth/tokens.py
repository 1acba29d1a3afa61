"""Tokens: who somebody says they are, signed by us so that nobody else can say it.

Two kinds: an access token opens doors for a while, a refresh token only gets new access
tokens. They are JSON Web Tokens (RFC 7519) with one fixed algorithm and a key id, so that
keys can be changed without signing everybody out: put the new key in front, remove the old
one when its tokens have expired.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from types import MappingProxyType, ModuleType
from typing import Any, Final

from chalicelib import aws, clock
from chalicelib.jsonapi.errors import Problem, unauthorized
from chalicelib.settings import NotConfigured, settings

ACCESS_LIFETIME: Final = timedelta(days=1)
SHORT_ACCESS_LIFETIME: Final = timedelta(minutes=90)
REFRESH_LIFETIME: Final = timedelta(days=365)

_ALGORITHM: Final = "HS256"
_SHORTEST_SECRET: Final = 32  # bytes: RFC 7518, section 3.2
_CLOCK_SKEW: Final = timedelta(seconds=30)
_SCHEMES: Final = {"jwt", "bearer"}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says. `profile_id` is the profile that an access token acts under, if any."""

    user_id: int
    type: str
    fresh: bool
    issued_at: datetime
    valid_from: datetime
    expires_at: datetime
    csrf: str
    profile_id: int | None = None


def access_token(
    user_id: int, *, fresh: bool, lifetime: timedelta = ACCESS_LIFETIME, profile_id: int | None = None
) -> str:
    """A token that acts for this user, or for one of their profiles.

    `fresh` says that a password was just given for it.
    """
    profile = {} if profile_id is None else {"profile": profile_id}
    return _signed({"identity": user_id, "type": "access", "fresh": fresh, **profile}, lifetime)


def refresh_token(user_id: int, lifetime: timedelta = REFRESH_LIFETIME) -> str:
    """A token that only gets new access tokens."""
    return _signed({"identity": user_id, "type": "refresh"}, lifetime)


def from_header(value: str) -> Claims:
    """The claims of an Authorization header such as "JWT abc" or "Bearer abc". Raises 401."""
    return read_access(token_in(value))


def token_in(header: str) -> str:
    """The bare token of an Authorization header. Raises 401 when it has another form."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() not in _SCHEMES or not token.strip():
        raise unauthorized("The Authorization header must read 'JWT <token>' or 'Bearer <token>'.")
    return token.strip()


def read_access(token: str) -> Claims:
    """The claims of an access token. Raises 401, saying what is wrong with it."""
    return _read(token, "access")


def read_refresh(token: str) -> Claims:
    """The claims of a refresh token. Raises 401, saying what is wrong with it."""
    return _read(token, "refresh")


def identity_of_expired(token: str) -> int | None:
    """Whose token this is (or was), as long as the signature is ours; the expiry is ignored.

    It tells who signed in last on a device. It must never decide what somebody may do.
    """
    try:
        return _verified(token).user_id
    except Problem:
        return None


def verification_token(email: str) -> str:
    """What a verification mail carries: base64 of a signed list [address, random]. It does not expire.

    Whoever sends it back can read that mailbox; nothing needs to be stored.
    """
    kid, secret = next(iter(keys().items()))
    statement = json.dumps([email, secrets.token_hex(8)])
    signed = json.dumps([statement, kid, _address_signature(statement, secret)])
    return base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def email_of_verification_token(token: str) -> str:
    """The address the token was made for. Raises 400 for anything we did not sign."""
    refusal = Problem(400, "This verification token is not one of ours.", pointer="/data/token")
    try:
        padded = token + "=" * (-len(token) % 4)
        statement, kid, signature = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not hmac.compare_digest(_address_signature(statement, keys()[kid]), signature):
            raise refusal
        email, _ = json.loads(statement)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise refusal from None
    return str(email)


def keys() -> Mapping[str, str]:
    """The secrets by key id, newest first. Raises NotConfigured when none is configured."""
    text = settings().jwt_keys
    if not text and settings().jwt_keys_parameter:
        text = aws.parameter(settings().jwt_keys_parameter)
    return _keys_in(text)


@cache
def _keys_in(text: str) -> Mapping[str, str]:
    pairs = [entry.strip().partition(":") for entry in text.split(",") if entry.strip()]
    found = {kid: secret for kid, _, secret in pairs}
    if not found:
        raise NotConfigured("neither JWT_KEYS nor JWT_KEYS_PARAMETER is set")
    for kid, secret in found.items():
        if not kid or len(secret.encode()) < _SHORTEST_SECRET:
            raise NotConfigured(f"JWT_KEYS: key {kid!r} needs a name and {_SHORTEST_SECRET} bytes or more")
    return MappingProxyType(found)


def _signed(claims: Mapping[str, object], lifetime: timedelta) -> str:
    kid, secret = next(iter(keys().items()))
    now = clock.now()
    payload = {
        **claims,
        "jti": secrets.token_hex(16),
        # With fractions: a token made just after the older ones were revoked must be told from them.
        "iat": now.timestamp(),
        "nbf": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "csrf": secrets.token_hex(16),
        "user_claims": {},
    }
    return str(_jwt().encode(payload, secret, algorithm=_ALGORITHM, headers={"kid": kid}))


def _read(token: str, expected: str) -> Claims:
    claims = _verified(token)
    now = clock.now()
    if claims.expires_at <= now:
        raise unauthorized("The token has expired.")
    if claims.valid_from > now + _CLOCK_SKEW:
        raise unauthorized("The token is not valid yet.")
    if claims.type != expected:
        raise unauthorized(f"This takes a token of type '{expected}', not of type '{claims.type}'.")
    return claims


def _verified(token: str) -> Claims:
    return _verified_with(token, tuple(keys().items()))


@lru_cache(maxsize=512)
def _verified_with(token: str, known: tuple[tuple[str, str], ...]) -> Claims:
    """What a token says whose signature is right; times are for the caller to check, each time anew.

    A client sends the same token with each request, and checking it takes longer than reading an
    event. What is kept is kept for exactly this text and these keys.
    """
    jwt = _jwt()
    secret = dict(known).get(_key_id(token))
    if secret is None:
        raise unauthorized("The token names a signing key that is not in use.")
    try:
        # Times are checked by _read, against our own clock.
        ignored = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
        return _claims(jwt.decode(token, secret, algorithms=[_ALGORITHM], options=ignored))
    except jwt.InvalidSignatureError:
        raise unauthorized("The token's signature is wrong.") from None
    except jwt.PyJWTError:
        raise unauthorized("This is not a token.") from None


def _key_id(token: str) -> str:
    """The key that a token names, which says nothing yet. PyJWT takes as long for this as for all."""
    try:
        header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
        algorithm, key_id = header["alg"], header.get("kid")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise unauthorized("This is not a token.") from None
    if algorithm != _ALGORITHM:
        raise unauthorized("The token is not signed with the algorithm used here.")
    return str(key_id)


def _claims(payload: Mapping[str, Any]) -> Claims:
    user_id, kind = payload.get("identity"), payload.get("type")
    if not isinstance(user_id, int) or isinstance(user_id, bool) or not isinstance(kind, str):
        raise unauthorized("The token says neither whose nor what kind it is.")
    profile_id = payload.get("profile")
    if profile_id is not None and (not isinstance(profile_id, int) or isinstance(profile_id, bool)):
        raise unauthorized("The token's 'profile' is no id.")
    return Claims(
        user_id=user_id,
        type=kind,
        fresh=payload.get("fresh") is True,
        issued_at=_moment(payload, "iat"),
        valid_from=max(_moment(payload, "nbf"), _moment(payload, "iat")),
        expires_at=_moment(payload, "exp"),
        csrf=str(payload.get("csrf", "")),
        profile_id=profile_id,
    )


def _address_signature(statement: str, secret: str) -> str:
    # The purpose keeps these signatures apart from those of other tokens made with the same key.
    text = "verify this e-mail address:" + statement
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _moment(payload: Mapping[str, Any], name: str) -> datetime:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise unauthorized(f"The token's '{name}' is missing or no time.")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise unauthorized(f"The token's '{name}' is missing or no time.") from None


@cache
def _jwt() -> ModuleType:
    import jwt  # 75 ms to import (it brings cryptography), and anonymous readers need no token

    return jwt
