"""Retention (scheduled job): deletes notifications that were read long ago, and texts of none."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox

TASK: Final = "forget_notifications"
BATCH: Final = 1_000
_FORGET: Final = f"""
DELETE FROM notifications WHERE id IN (
  SELECT id FROM notifications WHERE is_read AND created_at < $1 ORDER BY created_at LIMIT {BATCH}
  FOR UPDATE SKIP LOCKED
) RETURNING 1
"""  # noqa: S608 - no user input
# A text is stored with the first notification that shows it: none is added later.
_FORGET_TEXTS: Final = f"""
WITH batch AS (SELECT id FROM notification_contents WHERE id > $1 ORDER BY id LIMIT {BATCH}),
gone AS (
  DELETE FROM notification_contents WHERE id IN (SELECT id FROM batch)
    AND NOT EXISTS (SELECT FROM notifications told WHERE told.content_id = notification_contents.id)
    AND NOT EXISTS (
      SELECT FROM notifications told WHERE cardinality(told.earlier_content_ids) > 0
        AND told.earlier_content_ids @> ARRAY[notification_contents.id]
    )
)
SELECT count(*), max(id) FROM batch
"""  # noqa: S608 - no user input


def due_before(days: int) -> datetime | None:
    """Notifications received before this moment are deleted once they are read; None for never (0)."""
    return clock.now() - timedelta(days=days) if days > 0 else None


def plan(days: int) -> int | None:
    """Enqueue the job of today; 0 where notifications are kept forever."""
    if due_before(days) is None:
        return 0
    with db.transaction() as session:
        outbox.add(session, TASK, {}, key=f"{TASK}-{clock.now().date().isoformat()}")
    return None


def forget(session: Session, before: datetime) -> int:
    """Delete a batch; returns how many. Locked rows are left for the next day."""
    return len(db.fetch(session, _FORGET, [before]))


def forget_texts(session: Session, after: int) -> int | None:
    """Look at a batch of texts with greater ids, and delete those of no notification.

    Returns the last id; None when there are no more.
    """
    count, last = db.fetch(session, _FORGET_TEXTS, [after])[0]
    return int(last) if count == BATCH else None
