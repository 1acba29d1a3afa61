"""Reports of the door: scans as they were stored, and conflicts between what happened and what the gate says.

A conflict is found when it is asked for, from the times of the scans: so a scan that arrives late, and was
earlier, makes the other one the second.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db

MOST: Final = 1_000
_SCANS: Final = """
SELECT scan.id, scan.nonce, scan.scanned_at, scan.received_at, scan.direction, scan.reason,
  coalesce(scan.was_let_in, scan.reason = 'admitted', FALSE), coalesce(scan.is_offline, FALSE),
  scan.offline_reason, scan.is_forced, scan.clock, scan.device_id, scan.device_name, scan.station_id,
  scan.user_id, scan.attendee_id
FROM door_scans scan
"""
_LIST: Final = f"{_SCANS} WHERE scan.event_id = $1 AND scan.id > $2 ORDER BY scan.id LIMIT $3"
_THESE: Final = f"{_SCANS} WHERE scan.id = ANY($1::bigint[])"
# The one before counts where it has arrived afterwards: else the gate knew of it.
_CONFLICTS: Final = """
SELECT log.id, CASE WHEN log.was_let_in AND log.reason <> 'admitted' THEN log.reason
  WHEN NOT log.was_let_in THEN 'turned-away' ELSE 'already-in' END,
  CASE WHEN log.before_direction = 'in' THEN log.before END, person.id,
  concat_ws(' ', person.firstname, person.lastname), ticket.name
FROM (
  SELECT scan.id, scan.direction, scan.reason, scan.is_forced, scan.attendee_id, scan.received_at,
    coalesce(scan.is_offline, FALSE) AS is_offline, coalesce(scan.was_let_in, scan.reason = 'admitted')
    AS was_let_in, lag(scan.id) OVER line AS before, lag(scan.direction) OVER line AS before_direction,
    lag(scan.received_at) OVER line AS before_received, lag(scan.is_offline) OVER line AS before_offline
  FROM door_scans scan WHERE scan.event_id = $1
  WINDOW line AS (PARTITION BY scan.attendee_id, scan.place,
    coalesce(scan.was_let_in, scan.reason = 'admitted') ORDER BY scan.scanned_at, scan.id)
) log
LEFT JOIN attendees person ON person.id = log.attendee_id
LEFT JOIN tickets ticket ON ticket.id = person.ticket_id
WHERE log.id > $2 AND log.direction = 'in' AND NOT log.is_forced AND (
  (log.was_let_in AND log.reason <> 'admitted')
  OR (log.is_offline AND NOT log.was_let_in AND log.reason = 'admitted')
  OR (log.was_let_in AND log.attendee_id IS NOT NULL AND log.before_direction = 'in' AND log.before_offline
    AND log.before_received > log.received_at))
ORDER BY log.id LIMIT $3
"""


def scans_of(session: Session, event_id: int, after: int, limit: int) -> list[dict[str, Any]]:
    """The event's scans behind this id, in the order of their arrival."""
    return [_scan(row) for row in db.fetch(session, _LIST, [event_id, after, limit])]


def conflicts_of(session: Session, event_id: int, after: int, limit: int) -> list[dict[str, Any]]:
    """The event's conflicts behind this id: the scan that is against the gate's reason, the one before."""
    rows = db.fetch(session, _CONFLICTS, [event_id, after, limit])
    ids = {id for row in rows for id in (row[0], row[2]) if id is not None}
    scans = {row[0]: _scan(row) for row in db.fetch(session, _THESE, [sorted(ids)])} if ids else {}
    return [
        {
            "id": str(id),
            "reason": reason,
            "attendee": None if person is None else {"id": str(person), "name": name, "ticket": ticket},
            "scan": scans[id],
            "before": scans.get(before),
        }
        for id, reason, before, person, name, ticket in rows
    ]


def _scan(row: Sequence[Any]) -> dict[str, Any]:
    id, nonce, at, received, direction, reason, was_let_in, is_offline, offline_reason, *more = row
    is_forced, said_of_clock, device_id, device_name, station_id, user_id, attendee_id = more
    return {
        "id": str(id),
        "nonce": nonce,
        "at": _moment(at),
        "received_at": _moment(received),
        "direction": direction,
        "admitted": was_let_in,
        "reason": reason,
        "offline": is_offline,
        "offline_reason": offline_reason,
        "forced": is_forced,
        "clock": said_of_clock,
        "device": _id(device_id),
        "device_name": device_name,
        "station": _id(station_id),
        "user": _id(user_id),
        "attendee": _id(attendee_id),
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat()


def _id(id: int | None) -> str | None:
    return None if id is None else str(id)
