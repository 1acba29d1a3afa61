"""One-time tokens in emails, which prove access to a mailbox: password reset, email verification.

A token is for one address and one purpose, works once, and expires. A trigger on users deletes the tokens of
an account whose address or password changes. Only a hash is stored: the token is generated with the email. An
email that is sent again after an interruption has another one.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.db import Model, owned_by
from chalicelib.resources.identifiers import hash_of, new_token
from chalicelib.resources.people.user.user import User


class Purpose(StrEnum):
    """What a token is for."""

    PASSWORD_RESET = "password reset"  # noqa: S105 - what it is for
    EMAIL_VERIFICATION = "email verification"


LIFETIMES: Final = {
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.EMAIL_VERIFICATION: timedelta(days=7),
}

# Requires a lock on the account, so that its address cannot change concurrently.
_SPEND: Final = """
    DELETE FROM one_time_tokens t USING users u
    WHERE t.hash = $1 AND t.purpose = $2 AND t.expires_at > $3
      AND u.id = t.user_id AND u.email = t.email AND u.deleted_at IS NULL
    RETURNING t.user_id
"""
_WHOSE: Final = "SELECT user_id FROM one_time_tokens WHERE hash = $1 AND purpose = $2"
_OTHERS: Final = "DELETE FROM one_time_tokens WHERE user_id = $1 AND purpose = $2"


class OneTimeToken(Model):
    """An issued token: its hash, and the address it was sent to."""

    __tablename__ = "one_time_tokens"
    hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    email: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int] = owned_by("users.id")


def issue(session: Session, purpose: Purpose, user: User) -> str:
    """A new token for the account's current address, to be sent only there."""
    token = new_token()
    expires_at = clock.now() + LIFETIMES[purpose]
    session.add(
        OneTimeToken(
            hash=hash_of(token), purpose=purpose, email=user.email, expires_at=expires_at, user_id=user.id
        )
    )
    return token


def spend(session: Session, purpose: Purpose, token: str) -> User | None:
    """Use up the token, with all of its purpose; returns its account, locked.

    None when it is unknown, for another purpose, used or expired, or if the account's address or password has
    changed.
    """
    hashed = hash_of(token)
    whose = db.fetch(session, _WHOSE, [hashed, purpose])
    if not whose:
        return None
    user = session.get(User, whose[0][0], with_for_update=True, populate_existing=True)
    if user is None or not db.fetch(session, _SPEND, [hashed, purpose, clock.now()]):
        return None
    db.fetch(session, _OTHERS, [user.id, purpose])
    return user


def forget_old() -> int:
    """Delete expired tokens. Returns how many."""
    return db.delete_until(OneTimeToken.expires_at, clock.now())
