"""The language of a recipient: the only place that decides in which language a mail is written."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.settings import settings
from chalicelib.values.messages import MAILS, ORIGINAL, language_of

# The account that has each address, if any: also for whom an order or a session names by it. Beside it what
# the address was last read in by somebody who has proven it without an account, and what the account in $2
# prefers. An account that has not proven the address may be a stranger's, and does not count before these.
_OF_ADDRESSES: Final = """
    SELECT (SELECT language_preference FROM users
             WHERE lower(email) = lower(asked.address) AND deleted_at IS NULL AND is_verified LIMIT 1),
           (SELECT bought.mail_language FROM orders bought
             WHERE lower(bought.guest_email) = lower(asked.address) AND bought.guest_verified_at IS NOT NULL
               AND bought.mail_language IS NOT NULL ORDER BY bought.id DESC LIMIT 1),
           (SELECT language_preference FROM users
             WHERE lower(email) = lower(asked.address) AND deleted_at IS NULL AND NOT is_verified LIMIT 1),
           (SELECT language_preference FROM users WHERE id = asked.guess AND deleted_at IS NULL)
      FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked (address, guess, place)
     ORDER BY asked.place
"""
_OF_ACCOUNT: Final = "SELECT language_preference FROM users WHERE id = $1 AND deleted_at IS NULL"


def language_for(
    session: Session,
    address: str,
    kept: Iterable[str | None] = (),
    guess: str | None = None,
    domain: str = MAILS,
) -> str:
    """The language of mails to an address, one of messages.languages(domain); certificates have their own.

    Its account's, else the first of `kept`: what is known with that which the mail is about, such as the
    language in which an order was made. Else that of the newest order of this address whose link was opened,
    that of an account that has not proven the address, the `guess`, such as that of whoever invites them, or
    that of the installation.
    """
    preferred, read_last, unproven, _ = _known(session, [(address, None)])[0]
    return _first((preferred, *kept, read_last, unproven, guess), domain)


def languages_for(session: Session, people: Sequence[tuple[str, int | None]]) -> list[str]:
    """The same of several (address, account whose preference is the guess), in one statement."""
    return [_first(tags, MAILS) for tags in _known(session, people)]


def _known(session: Session, people: Sequence[tuple[str, int | None]]) -> list[list[str | None]]:
    values = [[address.strip() for address, _ in people], [guess for _, guess in people]]
    return db.fetch(session, _OF_ADDRESSES, values, flush=False)


def _first(tags: Iterable[str | None], domain: str) -> str:
    chosen = (language_of(tag, domain) for tag in (*tags, settings().mail_language))
    return next(filter(None, chosen), ORIGINAL)


def preference_of(session: Session, user_id: int | None) -> str | None:
    """The language that an account has chosen, if it has: that of whoever invites speaks for the invited."""
    if user_id is None:
        return None
    rows = db.fetch(session, _OF_ACCOUNT, [user_id], flush=False)
    return rows[0][0] if rows else None
