"""Retention and partitions of the audit log (scheduled job): made ahead, and dropped when all of one is old.

Entries are kept by ranges of ids, a partition each, which are made and dropped by a function of the database
(docs/adr/0020-partitions-where-they-help.md). What is old in a partition that is not old as a whole is
deleted in batches, but a month later, so that large installations only ever drop.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db, log
from chalicelib.health import Unwell, check
from chalicelib.retention import Retention

RETENTION: Final = Retention(
    task="keep_activities",
    table="activities",
    old="SELECT id FROM activities WHERE time < $1 ORDER BY time",
    batch=5_000,
    locks="activities",
)
GRACE: Final = timedelta(days=31)  # for which what is old waits for its partition to be dropped

_KEEP: Final = "SELECT made, dropped FROM keep_activity_partitions($1)"
_ROOM: Final = r"""
WITH sequence AS (
  SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('activities', 'id')), 0) AS last
), bounds AS (
  SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint AS above
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'activities'::regclass
)
SELECT coalesce((SELECT max(above) FROM bounds), 0) - last,
       EXISTS (SELECT FROM activities_rest WHERE id <= last) FROM sequence
"""
_LEAST_ROOM: Final = 1_000_000  # ids that partitions are ready for


def keep_partitions(session: Session, before: datetime | None) -> int:
    """Make the next partition, and drop those whose entries are all old; returns how many it made or dropped.

    Raises DBAPIError where somebody is in the way for 100 ms: then nothing has changed.
    """
    made, dropped = db.fetch(session, _KEEP, [before])[0]
    if made or dropped:
        log.info("partitions of the audit log", made=made, dropped=dropped)
    return int(made + dropped)


def forget(session: Session, before: datetime) -> int:
    """Delete a batch of old entries whose partition was not dropped in time. Returns how many."""
    return RETENTION.forget(session, before - GRACE)


@check("partitions", seconds=300)
def _partitions() -> str:
    """Fails when the partitions that are ready will soon be full, or entries came to where none was."""
    with db.transaction() as session:
        room, has_rest = db.fetch(session, _ROOM)[0]
    if has_rest or room < _LEAST_ROOM:
        raise Unwell(
            f"The audit log has partitions for {max(room, 0)} more entries"
            + (", and entries that belong to none" if has_rest else "")
            + ": the job keep_activities makes the next one."
        )
    return f"The audit log has partitions for {room} more entries."
