"""JSON Web Tokens (RFC 7519): short-lived access tokens, and refresh tokens that only get new access tokens.

One fixed algorithm; each purpose has its own typ, issuer and audience (RFC 8725). Keys are rotated by key id
without signing anybody out: put the new key in front, remove the old one when its tokens have expired.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from types import ModuleType
from typing import Final

from chalicelib import clock
from chalicelib.auth.claims import LINK, Claims, LinkClaims, claims_in
from chalicelib.auth.signing_keys import keys as keys  # re-exported for other signatures
from chalicelib.jsonapi.ground.errors import Problem, unauthorized

ACCESS_LIFETIME: Final = timedelta(days=1)
SHORT_ACCESS_LIFETIME: Final = timedelta(minutes=90)
REFRESH_LIFETIME: Final = timedelta(days=365)
KEPT_REFRESH_LIFETIME: Final = timedelta(days=90)
LINK_LIFETIME: Final = timedelta(hours=1)
FRESH_FOR: Final = timedelta(minutes=15)
ISSUER: Final = "open-event-serverless"

_ALGORITHM: Final = "HS256"
_CLOCK_SKEW: Final = timedelta(seconds=30)
_SCHEMES: Final = {"jwt", "bearer"}


@dataclass(frozen=True, slots=True)
class _Purpose:
    """What a kind of token is for: its `typ` header and its audience."""

    typ: str
    audience: str


_PURPOSES: Final = {
    "access": _Purpose("at+jwt", "open-event-api"),  # typ of RFC 9068
    "refresh": _Purpose("rt+jwt", "open-event-token-refresh"),
    LINK: _Purpose("link+jwt", "open-event-link"),
}
# The typ that PyJWT writes by default. Older tokens have it, and neither issuer nor audience. They are
# accepted until they expire: access tokens a day, refresh tokens a year.
_FORMER_TYP: Final = "JWT"


def access_token(
    user_id: int,
    *,
    fresh: bool,
    version: int = 0,
    lifetime: timedelta = ACCESS_LIFETIME,
    profile_id: int | None = None,
    authenticated_at: datetime | None = None,
) -> str:
    """A signed access token for this user or one of their profiles, valid while the account has this version.

    `fresh`: a password was given for it, at `authenticated_at` or just now.
    """
    claims: dict[str, object] = {"identity": user_id, "type": "access", "fresh": fresh, "ver": version}
    if fresh:
        claims["auth_time"] = (authenticated_at or clock.now()).timestamp()
    if profile_id is not None:
        claims["profile"] = profile_id
    return _signed(claims, clock.now() + lifetime)


def refresh_token(
    user_id: int,
    lifetime: timedelta = REFRESH_LIFETIME,
    *,
    version: int = 0,
    is_kept: bool = False,
) -> str:
    """A signed refresh token, the first one of a new family."""
    id = new_id()
    claims = {"identity": user_id, "type": "refresh", "ver": version, "jti": id, "fam": id}
    return _signed({**claims, "kept": True} if is_kept else claims, clock.now() + lifetime)


def link_token(opens: Mapping[str, int], version: int, lifetime: timedelta = LINK_LIFETIME) -> str:
    """A signed token for who holds a secret link: `opens` has the ids of the rows that it is for, by type.

    Valid for this time, while the link has this version.
    """
    claims = {"type": LINK, "opens": dict(opens), "ver": version}
    return _signed(claims, clock.now() + lifetime)


def next_refresh_token(former: Claims, id: str) -> str:
    """The refresh token with this id that replaces the former one (rotation). It expires at the same time."""
    claims = {"identity": former.user_id, "type": "refresh", "ver": former.version}
    return _signed({**claims, "jti": id, "fam": former.family}, former.expires_at)


def new_id() -> str:
    """A random token id."""
    return secrets.token_hex(16)


def is_fresh(claims: Claims) -> bool:
    """Whether a password was given for the token within FRESH_FOR."""
    return claims.fresh and clock.now() - claims.authenticated_at <= FRESH_FOR


def from_header(value: str) -> Claims:
    """The claims of an Authorization header such as "JWT abc" or "Bearer abc". Raises Problem 401."""
    return read_access(token_in(value))


def credential_in(header: str) -> Claims | LinkClaims:
    """As from_header(), also of a token for which a link was exchanged."""
    token = token_in(header)
    claims = _verified(token)
    return _checked(claims, claims.type if isinstance(claims, LinkClaims) else "access")


def token_in(header: str) -> str:
    """The token in an Authorization header. Raises Problem 401 for another format."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() not in _SCHEMES or not token.strip():
        raise unauthorized("The Authorization header must read 'JWT <token>' or 'Bearer <token>'.")
    return token.strip()


def read_access(token: str) -> Claims:
    """The claims of an access token. Raises Problem 401, saying what is wrong with it."""
    return _of_account(token, "access")


def read_refresh(token: str) -> Claims:
    """The claims of a refresh token. Raises Problem 401, saying what is wrong with it."""
    return _of_account(token, "refresh")


def identity_of_expired(token: str) -> int | None:
    """The user id in a token with a valid signature; expiry is ignored. None for others.

    It identifies who signed in last on a device; it must never authorize anything.
    """
    try:
        claims = _verified(token)
    except Problem:
        return None
    return claims.user_id if isinstance(claims, Claims) else None


def _signed(claims: Mapping[str, object], expires_at: datetime) -> str:
    kid, secret = next(iter(keys().items()))
    purpose = _PURPOSES[str(claims["type"])]
    now = clock.now().timestamp()
    payload = {
        "jti": new_id(),
        **claims,
        "iss": ISSUER,
        "aud": purpose.audience,
        # With fractions of a second, as clients expect.
        "iat": now,
        "nbf": int(now),
        "exp": int(expires_at.timestamp()),
        "csrf": secrets.token_hex(16),
        "user_claims": {},
    }
    headers = {"kid": kid, "typ": purpose.typ}
    return str(_jwt().encode(payload, secret, algorithm=_ALGORITHM, headers=headers))


def _of_account(token: str, expected: str) -> Claims:
    claims = _checked(_verified(token), expected)
    if not isinstance(claims, Claims):
        raise unauthorized("This takes the token of an account.")
    return claims


def _checked(claims: Claims | LinkClaims, expected: str) -> Claims | LinkClaims:
    now = clock.now()
    if claims.expires_at <= now:
        raise unauthorized("The token has expired.")
    if claims.valid_from > now + _CLOCK_SKEW:
        raise unauthorized("The token is not valid yet.")
    if claims.type != expected:
        raise unauthorized(f"This takes a token of type '{expected}', not of type '{claims.type}'.")
    purpose = _PURPOSES[expected]
    known = [(purpose.typ, ISSUER, purpose.audience)]
    former = [(_FORMER_TYP, None, None)] if isinstance(claims, Claims) else []
    if claims.purpose not in [*known, *former]:
        raise unauthorized("The token was not made for this: its type, issuer or audience is another one.")
    return claims


def _verified(token: str) -> Claims | LinkClaims:
    return _verified_with(token, tuple(keys().items()))


@lru_cache(maxsize=512)
def _verified_with(token: str, known: tuple[tuple[str, str], ...]) -> Claims | LinkClaims:
    """The claims of a token whose signature is valid; the caller checks the times.

    Cached by token and keys: a client sends the same token with each request, and verifying it takes longer
    than reading an event.
    """
    jwt = _jwt()
    typ, key_id = _header(token)
    secret = dict(known).get(key_id)
    if secret is None:
        raise unauthorized("The token names a signing key that is not in use.")
    try:
        # Times and purpose are checked by _checked, against our own clock.
        ignored = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False)
        return claims_in(typ, jwt.decode(token, secret, algorithms=[_ALGORITHM], options=ignored))
    except jwt.InvalidSignatureError:
        raise unauthorized("The token's signature is wrong.") from None
    except jwt.PyJWTError:
        raise unauthorized("This is not a token.") from None


def _header(token: str) -> tuple[object, str]:
    """(typ, key id) of a token, unverified. PyJWT takes far longer for it."""
    try:
        header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
        algorithm, key_id, typ = header["alg"], header.get("kid"), header.get("typ")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise unauthorized("This is not a token.") from None
    if algorithm != _ALGORITHM:
        raise unauthorized("The token is not signed with the algorithm used here.")
    return typ, str(key_id)


@cache
def _jwt() -> ModuleType:
    import jwt  # lazy: 75 ms (it brings cryptography), and anonymous readers need no token

    return jwt
