"""Retention (scheduled job): deletes notifications that were read long ago, and texts of none."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.retention import Retention

RETENTION: Final = Retention(
    task="forget_notifications",
    table="notifications",
    old="SELECT id FROM notifications WHERE is_read AND created_at < $1 ORDER BY created_at",
    batch=1_000,
    locks="notifications",
)
# A text is stored with the first notification that shows it: none is added later.
_FORGET_TEXTS: Final = f"""
WITH batch AS (SELECT id FROM notification_contents WHERE id > $1 ORDER BY id LIMIT {RETENTION.batch}),
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


def forget_texts(session: Session, after: int) -> int | None:
    """Look at a batch of texts with greater ids, and delete those of no notification.

    Returns the last id; None when there are no more.
    """
    count, last = db.fetch(session, _FORGET_TEXTS, [after])[0]
    return int(last) if count == RETENTION.batch else None
