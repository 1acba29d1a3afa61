"""Cookies for browsers that stay signed in: one that scripts cannot read, and its counterpart.

The refresh token goes only to the address that takes it. The second cookie holds the token's
csrf value; a page that can read it proves that it is ours by sending it as X-CSRF-TOKEN.
"""

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from chalicelib.auth import tokens
from chalicelib.auth.tokens import Claims
from chalicelib.jsonapi.errors import unauthorized
from chalicelib.settings import settings

REFRESH_PATH: Final = "/v1/auth/token/refresh"
_TOKEN: Final = "refresh_token_cookie"  # noqa: S105 - the cookie's name
_CSRF: Final = "csrf_refresh_token"


def carrying(refresh_token: str) -> list[str]:
    """Set-Cookie values that keep a browser signed in."""
    csrf = tokens.read_refresh(refresh_token).csrf
    return _set(refresh_token, csrf, int(tokens.REFRESH_LIFETIME.total_seconds()))


def removed() -> list[str]:
    """Set-Cookie values that make a browser forget."""
    return _set("", "", 0)


def read(headers: Mapping[str, str]) -> Claims | None:
    """The claims of the refresh token in a request's cookies, or None without one.

    Raises 401 when the token is not valid or X-CSRF-TOKEN does not match it.
    """
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return None
    if _TOKEN not in jar or not jar[_TOKEN].value:
        return None
    claims = tokens.read_refresh(jar[_TOKEN].value)
    sent = headers.get("x-csrf-token", "")
    if not hmac.compare_digest(sent.encode(), claims.csrf.encode()):
        raise unauthorized("X-CSRF-TOKEN does not match the refresh token in the cookie.")
    return claims


def _set(token: str, csrf: str, seconds: int) -> list[str]:
    rest = f"Max-Age={seconds}; SameSite=Lax" + ("; Secure" if settings().cookie_secure else "")
    path = urlsplit(settings().api_prefix).path + REFRESH_PATH
    return [f"{_TOKEN}={token}; Path={path}; HttpOnly; {rest}", f"{_CSRF}={csrf}; Path=/; {rest}"]
