"""Refresh token rotation: each refresh token is exchanged for the next one, and reuse ends them all.

The tokens that follow from one sign-in are a family. Its row is made when the first of them is exchanged.
A token that was exchanged before counts for a minute more, for requests sent twice and for several tabs, as
long as its successor has not been used. After that somebody else has it too, and nobody can tell who: no
token of the family counts any more.

Clients that were written before there was rotation send the same token for as long as it lives. The token
they got at sign-in says so: it counts until its successor is used, and lives for a shorter time.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.auth import tokens
from chalicelib.auth.claims import Claims
from chalicelib.db import Model, owned_by
from chalicelib.resources.columns import Off

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
    """The refresh tokens of one sign-in: the ids of the newest and of the one before. None opens anything."""

    __tablename__ = "refresh_families"
    key: Mapped[str] = mapped_column(unique=True)
    current: Mapped[str]
    previous: Mapped[str | None]
    rotated_at: Mapped[datetime | None]
    keeps_its_token: Mapped[Off]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    user_id: Mapped[int] = owned_by("users.id")


def rotate(session: Session, claims: Claims) -> str | None:
    """The next refresh token for a valid one; None when it was exchanged before, which ends its family.

    The caller commits in either case.
    """
    now, key = clock.now(), claims.family
    if claims.id == key:
        db.send(session, _BEGIN, [key, claims.user_id, claims.is_kept, claims.expires_at])
    found = db.fetch(session, _FIND, [key, claims.user_id])
    if not found:
        return None
    current, previous, rotated_at, keeps_its_token, ended_at = found[0]
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


def forget_old() -> None:
    """Remove the families whose tokens have expired. Ended ones stay as long: their tokens are still out."""
    with db.transaction() as session:
        session.execute(delete(RefreshFamily).where(RefreshFamily.expires_at <= clock.now()))
