"""Retention of the log of mails (scheduled job): deletes what is old, in batches, if a setting says so."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox

TASK: Final = "forget_mails"
BATCH: Final = 5_000
_FORGET: Final = f"""
DELETE FROM mails WHERE id IN (
  SELECT id FROM mails WHERE time < $1 ORDER BY time LIMIT {BATCH} FOR UPDATE SKIP LOCKED
) RETURNING 1
"""  # noqa: S608 - no user input


def due_before(days: int) -> datetime | None:
    """Mails from before this moment are forgotten; None for never (0)."""
    return clock.now() - timedelta(days=days) if days > 0 else None


def plan(days: int) -> int | None:
    """Enqueue the job of today; 0 where mails are kept forever."""
    if due_before(days) is None:
        return 0
    with db.transaction() as session:
        outbox.add(session, TASK, {}, key=f"{TASK}-{clock.now().date().isoformat()}")
    return None


def forget(session: Session, before: datetime) -> int:
    """Delete a batch; returns how many. Locked rows are left for the next day."""
    return len(db.fetch(session, _FORGET, [before]))
