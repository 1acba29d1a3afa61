"""Refresh token cookies for browsers: an HttpOnly cookie, and a readable CSRF cookie (double submit).

The refresh token is sent only to the path that takes it. The second cookie holds the token's CSRF value; a
page that can read it proves to be same-origin by sending it as X-CSRF-TOKEN.
"""

import hmac
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from chalicelib import clock
from chalicelib.auth import tokens
from chalicelib.auth.claims import Claims
from chalicelib.jsonapi.ground.errors import Problem, unauthorized
from chalicelib.settings import settings

REFRESH_PATH: Final = "/v1/auth/token/refresh"
_TOKEN: Final = "refresh_token_cookie"  # noqa: S105 - the cookie's name
_CSRF: Final = "csrf_refresh_token"


def refresh_cookies(refresh_token: str) -> list[str]:
    """Set-Cookie values that store the refresh token and its CSRF value."""
    claims = tokens.read_refresh(refresh_token)
    return _set(refresh_token, claims.csrf, int((claims.expires_at - clock.now()).total_seconds()))


def expired_cookies() -> list[str]:
    """Set-Cookie values that delete both cookies."""
    return _set("", "", 0)


def read(headers: Mapping[str, str]) -> Claims | None:
    """The claims of the refresh token in a request's cookies, or None without one.

    Of several cookies with the name (another path or domain may have set one), the one that X-CSRF-TOKEN
    belongs to. Raises Problem 401 if none of them is valid and matches.
    """
    sent = headers.get("x-csrf-token", "").encode()
    refusal: Problem | None = None
    for token in _values(headers.get("cookie", ""), _TOKEN):
        try:
            claims = tokens.read_refresh(token)
        except Problem as reason:
            refusal = refusal or reason
            continue
        if hmac.compare_digest(sent, claims.csrf.encode()):
            return claims
        refusal = unauthorized("X-CSRF-TOKEN does not match the refresh token in the cookie.")
    if refusal is not None:
        raise refusal
    return None


def _values(header: str, name: str) -> Iterator[str]:
    """The non-empty values of the cookies with this name, in order.

    Parsed as RFC 6265, section 5.4, writes them: split at semicolons. So a malformed cookie, set by others,
    does not hide the rest.
    """
    for pair in header.split(";"):
        cookie_name, _, value = pair.partition("=")
        value = value.strip().removeprefix('"').removesuffix('"')
        if cookie_name.strip() == name and value:
            yield value


def _set(token: str, csrf: str, seconds: int) -> list[str]:
    rest = f"Max-Age={seconds}; SameSite=Lax" + ("; Secure" if settings().cookie_secure else "")
    path = urlsplit(settings().api_prefix).path + REFRESH_PATH
    return [f"{_TOKEN}={token}; Path={path}; HttpOnly; {rest}", f"{_CSRF}={csrf}; Path=/; {rest}"]
