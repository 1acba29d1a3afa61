"""The language of a recipient: the only place that decides in which language a mail is written."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.settings import settings
from chalicelib.values.messages import MAILS, ORIGINAL, language_of

# The account that has this address, if any: also for whom an order or a session names by it. Beside it what
# the address was last read in by somebody who has proven it without an account.
_OF_ADDRESS: Final = """
    SELECT (SELECT language_preference FROM users
             WHERE lower(email) = lower($1) AND deleted_at IS NULL LIMIT 1),
           (SELECT bought.mail_language FROM orders bought
             WHERE lower(bought.guest_email) = lower($1) AND bought.guest_verified_at IS NOT NULL
               AND bought.mail_language IS NOT NULL ORDER BY bought.id DESC LIMIT 1)
"""
_OF_ACCOUNT: Final = "SELECT language_preference FROM users WHERE id = $1 AND deleted_at IS NULL"


def language_for(
    session: Session, address: str, kept: Iterable[str | None] = (), guess: str | None = None
) -> str:
    """The language of mails to an address, one of messages.languages(MAILS).

    Its account's, else the first of `kept`: what is known with that which the mail is about, such as the
    language in which an order was made. Else that of the newest order of this address whose link was opened,
    else the `guess`, such as that of whoever invites them, else that of the installation.
    """
    preferred, read_last = db.fetch(session, _OF_ADDRESS, [address.strip()], flush=False)[0]
    chosen = (
        language_of(tag, MAILS) for tag in (preferred, *kept, read_last, guess, settings().mail_language)
    )
    return next(filter(None, chosen), ORIGINAL)


def preference_of(session: Session, user_id: int | None) -> str | None:
    """The language that an account has chosen, if it has: that of whoever invites speaks for the invited."""
    if user_id is None:
        return None
    rows = db.fetch(session, _OF_ACCOUNT, [user_id], flush=False)
    return rows[0][0] if rows else None
