"""Retention of scans at doors: those received long ago, of events that were over by then."""

from typing import Final

from chalicelib.retention import Retention

RETENTION: Final = Retention(
    task="forget_door_scans",
    table="door_scans",
    old="""SELECT scan.id FROM events event JOIN door_scans scan ON scan.event_id = event.id
           WHERE event.ends_at < $1 AND scan.received_at < $1 ORDER BY scan.event_id, scan.id""",
    batch=1_000,
    locks="scan",
)
