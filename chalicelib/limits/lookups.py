"""Lookups that are remembered for a day: whoever has named a code by its text may then name it by its id.

Clients look a code up by its text, and send its id with the basket. The id alone could be guessed, so it is
taken only from the account or IP address that knew the text. What is remembered is a key among the counters
of rate limits: a hash of an HMAC and of the text, which discloses no address, and expires like them. Since
the text is in it, another text of the code ends it.
"""

import hashlib
from typing import TYPE_CHECKING, Final

from chalicelib.limits import store
from chalicelib.limits.limit import Subject, digest
from chalicelib.limits.scopes import account, source

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_SECONDS: Final = 86_400.0
_LENGTH: Final = 32  # of a key


def remember(session: "Session", type: str, id: int, text: str, subject: Subject) -> None:
    """Remember, with the session's commit, who has named the row by its text.

    For an account, not for its IP address too: many people share one, and only some of them know the text.
    """
    kept = [_key(secret, text) for secret in secrets(type, id, subject)[:1]]
    store.keep(session, kept, _SECONDS)


def is_remembered(secrets: str, text: str, now: str) -> str:
    """SQL: whether a row with this text was named by it, for the secrets (an array) of who asks."""
    key = f"left(encode(sha256(convert_to(secret || {text}, 'UTF8')), 'hex'), {_LENGTH})"
    return (
        f"EXISTS (SELECT FROM rate_limits lookup WHERE lookup.key = ANY (ARRAY("  # noqa: S608 - no user input
        f"SELECT {key} FROM unnest({secrets}) AS whose (secret))) "
        f"AND lookup.free_at > extract(epoch FROM {now}))"
    )


def _key(secret: str, text: str) -> str:
    return hashlib.sha256(f"{secret}{text}".encode()).hexdigest()[:_LENGTH]


def secrets(type: str, id: int, subject: Subject) -> list[str]:
    """What the keys are made of besides the text: for the account, then for the IP address."""
    scopes = (account(subject), source(subject))
    return [digest(f"lookup\n{type}\n{id}\n{scope}") for scope in scopes if scope is not None]
