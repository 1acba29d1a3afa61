"""Retention (scheduled job): deletes scans of events that ended long ago."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox

TASK: Final = "forget_door_scans"
BATCH: Final = 1_000
_FORGET: Final = f"""
DELETE FROM door_scans WHERE id IN (
  SELECT scan.id FROM events event JOIN door_scans scan ON scan.event_id = event.id
  WHERE event.ends_at < $1 AND scan.received_at < $1 ORDER BY scan.event_id, scan.id LIMIT {BATCH}
  FOR UPDATE OF scan SKIP LOCKED
) RETURNING 1
"""  # noqa: S608 - no user input


def due_before(days: int) -> datetime | None:
    """Scans received before this, of events that were over by then, are deleted; None for never (0)."""
    return clock.now() - timedelta(days=days) if days > 0 else None


def plan(days: int) -> int | None:
    """Enqueue the job of today; 0 where scans are kept forever."""
    if due_before(days) is None:
        return 0
    with db.transaction() as session:
        outbox.add(session, TASK, {}, key=f"{TASK}-{clock.now().date().isoformat()}")
    return None


def forget(session: Session, before: datetime) -> int:
    """Delete a batch; returns how many. Locked rows are left for the next day."""
    return len(db.fetch(session, _FORGET, [before]))
