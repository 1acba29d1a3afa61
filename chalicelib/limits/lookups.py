"""Lookups that are remembered for a day: whoever has named a code by its text may then name it by its id.

Clients look a code up by its text, and send its id with the basket. The id alone could be guessed, so it is
taken only from the account or IP address that knew the text. What is remembered is a key among the counters
of rate limits: an HMAC, which discloses no address, and expires like them.
"""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib.limits import store
from chalicelib.limits.limit import Subject, digest
from chalicelib.limits.scopes import account, source

_SECONDS: Final = 86_400.0


def remember(session: Session, type: str, id: int, subject: Subject) -> None:
    """Remember, with the session's commit, who has named the row by its text.

    For an account, not for its IP address too: many people share one, and only some of them know the text.
    """
    store.keep(session, keys(type, id, subject)[:1], _SECONDS)


def keys(type: str, id: int, subject: Subject) -> list[str]:
    """Under which of the counters' keys it may be remembered: for the account, then for the IP address."""
    scopes = (account(subject), source(subject))
    return [digest(f"lookup\n{type}\n{id}\n{scope}") for scope in scopes if scope is not None]
