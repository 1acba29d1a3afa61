"""Cross-origin resource sharing (CORS) for a front end on another port of this machine.

The deployed API answers any origin, without credentials: clients send their token in a header. A page that is
developed on this machine may be a client that sends cookies too, so its origin is named, and credentials are
allowed. Source: the Fetch standard, "CORS protocol and credentials".
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

Headers = list[tuple[str, str]]

_ALLOW_ORIGIN: Final = "access-control-allow-origin"
_LOCAL: Final = {"localhost", "127.0.0.1", "::1"}


def with_credentials(headers: Iterable[tuple[str, str]], origin: str | None) -> Headers:
    """The answer's headers, for a request from this origin. Those of an origin elsewhere are unchanged."""
    given = list(headers)
    if origin is None or not _is_local(origin):
        return given
    if not any(name.lower() == _ALLOW_ORIGIN for name, _ in given):
        return given
    kept = [(name, value) for name, value in given if name.lower() != _ALLOW_ORIGIN]
    return [
        *kept,
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    ]


def _is_local(origin: str) -> bool:
    """Whether an Origin is a page of this machine, on whatever port."""
    try:
        parts = urlsplit(origin)
        _ = parts.port  # which raises ValueError where it is no number
        return parts.scheme in {"http", "https"} and parts.hostname in _LOCAL and not parts.path
    except ValueError:
        return False
