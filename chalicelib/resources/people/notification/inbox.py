"""The inbox of a user: how much is unread, and marking all of it as read, each in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db

MOST_AT_ONCE: Final = 5_000
_UNREAD: Final = """
SELECT content.type, told.profile_id, count(*)
FROM notifications told JOIN notification_contents content ON content.id = told.content_id
WHERE told.user_id = $1 AND NOT told.is_read GROUP BY 1, 2 ORDER BY 1, 2
"""
# Rows that are locked by another such request are waited for, in the order of their ids: none is left out.
_MARK: Final = f"""
WITH unread AS (
  SELECT told.id FROM notifications told
  WHERE told.user_id = $1 AND NOT told.is_read
    AND ($2::timestamptz IS NULL OR told.created_at <= $2)
    AND ($3::text IS NULL OR EXISTS (
      SELECT FROM notification_contents content WHERE content.id = told.content_id AND content.type = $3
    ))
    AND (NOT $4::boolean OR told.profile_id IS NOT DISTINCT FROM $5::bigint)
  ORDER BY told.id LIMIT {MOST_AT_ONCE} FOR UPDATE OF told
), marked AS (
  UPDATE notifications SET is_read = true FROM unread WHERE notifications.id = unread.id RETURNING 1
)
SELECT count(*) FROM marked
"""  # noqa: S608 - no user input


@dataclass(frozen=True, slots=True)
class Unread:
    """Unread notifications: by kind, and by profile (None: the account itself)."""

    by_kind: Mapping[str, int]
    by_profile: Mapping[int | None, int]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.by_kind.values())


@dataclass(frozen=True, slots=True)
class Which:
    """Which notifications are meant: of a kind, of a profile, and those received until a moment."""

    kind: str | None = None
    until: datetime | None = None
    of_profile: bool = False
    profile_id: int | None = None


def unread(session: Session, user_id: int) -> Unread:
    """What the user has not read."""
    by_kind, by_profile = dict[str, int](), dict[int | None, int]()
    for kind, profile_id, count in db.fetch(session, _UNREAD, [user_id]):
        by_kind[kind] = by_kind.get(kind, 0) + count
        by_profile[profile_id] = by_profile.get(profile_id, 0) + count
    return Unread(by_kind, by_profile)


def mark_read(session: Session, user_id: int, which: Which) -> int:
    """Mark these of the user's as read, MOST_AT_ONCE at most; returns how many were unread before."""
    values = [user_id, which.until, which.kind, which.of_profile, which.profile_id]
    return int(db.fetch(session, _MARK, values)[0][0])
