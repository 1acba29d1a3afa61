"""Refresh token rotation with reuse detection.

The tokens that follow from one sign-in are a family; its row is inserted when the first one is exchanged. An
exchanged token stays valid for a minute, for repeated requests and several tabs, as long as its successor was
not used. After that, reuse means that it was stolen, and the whole family is revoked. Clients from before
rotation send the same token until it expires. A claim in their first token says so: it stays valid until its
successor is used, and has a shorter lifetime.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.auth import tokens
from chalicelib.auth.claims import Claims
from chalicelib.db import Model, owned_by
from chalicelib.resources.columns import FalseByDefault

GRACE: Final = timedelta(seconds=60)

_BEGIN: Final = """
    INSERT INTO refresh_families (key, user_id, current, keeps_its_token, expires_at)
    VALUES ($1, $2, $1, $3, $4) ON CONFLICT (key) DO NOTHING
"""
_FIND: Final = """
    SELECT current, previous, rotated_at, keeps_its_token, ended_at FROM refresh_families
    WHERE key = $1 AND user_id = $2 FOR UPDATE
"""
_ROTATE: Final = (
    "UPDATE refresh_families SET previous = current, current = $2, rotated_at = $3 WHERE key = $1"
)
_END: Final = "UPDATE refresh_families SET ended_at = $2 WHERE key = $1"


class RefreshFamily(Model):
    """The refresh tokens of one sign-in: the ids of the newest and its predecessor (not secrets)."""

    __tablename__ = "refresh_families"
    key: Mapped[str] = mapped_column(unique=True)
    current: Mapped[str]
    previous: Mapped[str | None]
    rotated_at: Mapped[datetime | None]
    keeps_its_token: Mapped[FalseByDefault]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    user_id: Mapped[int] = owned_by("users.id")


def rotate(session: Session, claims: Claims) -> str | None:
    """The next refresh token for a valid one; None if it was exchanged before, which revokes its family.

    The caller commits in either case.
    """
    now, key = clock.now(), claims.family
    if claims.id == key:
        db.enqueue(session, _BEGIN, [key, claims.user_id, claims.is_kept, claims.expires_at])
    rows = db.fetch(session, _FIND, [key, claims.user_id])
    if not rows:
        return None
    current, previous, rotated_at, keeps_its_token, ended_at = rows[0]
    if ended_at is not None:
        return None
    if claims.id == current:
        following = tokens.new_id()
        db.fetch(session, _ROTATE, [key, following, now])
        return tokens.next_refresh_token(claims, following)
    if claims.id == previous and (keeps_its_token or now - rotated_at <= GRACE):
        return tokens.next_refresh_token(claims, current)
    db.fetch(session, _END, [key, now])
    return None


def forget_old() -> int:
    """Delete families whose tokens have expired; revoked ones too are kept until then. Returns how many."""
    return db.delete_until(RefreshFamily.expires_at, clock.now())
