"""One-time tokens: whoever sends back what was mailed to an address has shown that the mailbox is theirs.

A token proves the address that it was mailed to, for one purpose, once, and for a limited time. A trigger
on users removes the tokens of an account whose address or password changes, whichever way it does. Only
a hash is stored: the token itself is made when the mail is, and is nowhere else. A mail that is sent again
after an interruption carries another one.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.db import Model, owned_by
from chalicelib.resources.people.user.user import User


class Purpose(StrEnum):
    """What a token can be for. It is good for nothing else."""

    PASSWORD_RESET = "password reset"  # noqa: S105 - what it is for
    EMAIL_VERIFICATION = "email verification"


LIFETIMES: Final = {
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.EMAIL_VERIFICATION: timedelta(days=7),
}

# The account's row is locked by then: its address can change before or after this, and not meanwhile.
_SPEND: Final = """
    DELETE FROM one_time_tokens t USING users u
    WHERE t.hash = $1 AND t.purpose = $2 AND t.expires_at > $3
      AND u.id = t.user_id AND u.email = t.email AND u.deleted_at IS NULL
    RETURNING t.user_id
"""
_WHOSE: Final = "SELECT user_id FROM one_time_tokens WHERE hash = $1 AND purpose = $2"
_OTHERS: Final = "DELETE FROM one_time_tokens WHERE user_id = $1 AND purpose = $2"


class OneTimeToken(Model):
    """A token that is out: the hash of it, and the address that it was mailed to."""

    __tablename__ = "one_time_tokens"
    hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    email: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int] = owned_by("users.id")


def issue(session: Session, purpose: Purpose, user: User) -> str:
    """A new token for the account's present address, to be mailed there and nowhere else."""
    token = secrets.token_urlsafe(32)
    expires_at = clock.now() + LIFETIMES[purpose]
    session.add(
        OneTimeToken(
            hash=_hash(token), purpose=purpose, email=user.email, expires_at=expires_at, user_id=user.id
        )
    )
    return token


def spend(session: Session, purpose: Purpose, token: str) -> User | None:
    """The account that this token was made for, locked; the token and all like it are used up.

    None when it is no token for this purpose, was used, is too old, or the account has another address
    or password by now.
    """
    hashed = _hash(token)
    whose = db.fetch(session, _WHOSE, [hashed, purpose])
    if not whose:
        return None
    user = session.get(User, whose[0][0], with_for_update=True, populate_existing=True)
    if user is None or not db.fetch(session, _SPEND, [hashed, purpose, clock.now()]):
        return None
    db.fetch(session, _OTHERS, [user.id, purpose])
    return user


def forget_old() -> None:
    """Remove the tokens that are good for nothing any more."""
    with db.transaction() as session:
        session.execute(delete(OneTimeToken).where(OneTimeToken.expires_at <= clock.now()))


def _hash(token: str) -> str:
    # A token holds 256 random bits: nobody finds it by trying, so it needs no slow hash.
    return hashlib.sha256(token.encode()).hexdigest()
