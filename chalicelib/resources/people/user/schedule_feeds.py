"""Personal feeds: capabilities, secret addresses of an account's favorite sessions that need no sign-in.

An account has one for each event and one for all events at most: a new one ends the former. Only a hash of
the secret is stored. Withdrawing deletes it.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.db import Model, owned_by
from chalicelib.resources.identifiers import hash_of, new_token

MOST: Final = 100  # of one account: the oldest end
# SQL: the feeds whose owners' accounts are alive, with a condition that others may follow.
OWNERS: Final = (
    "schedule_feeds feed JOIN users fan ON fan.id = feed.user_id "
    "WHERE fan.deleted_at IS NULL AND NOT fan.is_blocked"
)
# SQL about a row `event`: the account whose feed of it, or of all events, has the hash $4.
OWNER: Final = (
    f"(SELECT feed.user_id FROM {OWNERS} AND feed.hash = $4::text "  # noqa: S608 - no user input
    "AND (feed.event_id IS NULL OR feed.event_id = event.id))"
)
_ISSUE: Final = """
INSERT INTO schedule_feeds (hash, created_at, user_id, event_id) VALUES ($1, $2, $3, $4::bigint)
ON CONFLICT (user_id, coalesce(event_id, 0::bigint))
DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at
"""
_PRUNE: Final = f"""
DELETE FROM schedule_feeds WHERE id IN (
  SELECT id FROM schedule_feeds WHERE user_id = $1 ORDER BY created_at DESC, id DESC OFFSET {MOST}
)
"""  # noqa: S608 - no user input
_LIST: Final = """
SELECT feed.id, event.identifier, feed.created_at FROM schedule_feeds feed
LEFT JOIN events event ON event.id = feed.event_id WHERE feed.user_id = $1 ORDER BY feed.id
"""
_WITHDRAW: Final = (
    "DELETE FROM schedule_feeds WHERE user_id = $1 AND ($2::bigint IS NULL OR id = $2) RETURNING id"
)


class ScheduleFeed(Model):
    """A feed: the hash of its secret, whose favorites it shows, and of which event; null: of all."""

    __tablename__ = "schedule_feeds"
    hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    user_id: Mapped[int] = owned_by("users.id", index=False)
    event_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("events.id", ondelete="CASCADE"), index=True
    )

    __table_args__ = (
        Index("uq_schedule_feeds_scope", "user_id", text("coalesce(event_id, 0::bigint)"), unique=True),
    )


def issue(session: Session, user_id: int, event_id: int | None) -> str:
    """The secret of a new feed, to be shown once. The account's former one of this event, or of all, ends."""
    secret = new_token()
    db.fetch(session, _ISSUE, [hash_of(secret), clock.now(), user_id, event_id])
    db.fetch(session, _PRUNE, [user_id])
    return secret


def feeds_of(session: Session, user_id: int) -> list[tuple[int, str | None, datetime]]:
    """(id, the event's identifier or None for all, since when) of an account's feeds."""
    return [(id, identifier, since) for id, identifier, since in db.fetch(session, _LIST, [user_id])]


def withdraw(session: Session, user_id: int, id: int | None = None) -> int:
    """End the account's feed with this id, or all; returns how many there were."""
    return len(db.fetch(session, _WITHDRAW, [user_id, id]))
