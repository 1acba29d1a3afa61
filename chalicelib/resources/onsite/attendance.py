"""Attendance: whether an attendee has come to an event, and for how long, by every kind of check-in.

docs/attendance.md defines both. Stays at the door, at sessions and online are intervals; what overlaps counts
once, and nothing counts outside of the event.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.onsite.station import CHECK_IN, CHECK_OUT, REGISTRATION
from chalicelib.resources.orders.notes import moments_in

Stay = tuple[datetime, datetime]
_DOOR: Final = """
SELECT person.checkin_times, person.checkout_times, person.is_checked_in, event.starts_at, event.ends_at
FROM attendees person JOIN events event ON event.id = person.event_id WHERE person.id = $1
"""
_STATIONS: Final = """
SELECT came.session_id, place.station_type, came.created_at, talk.ends_at
FROM user_check_ins came JOIN stations place ON place.id = came.station_id
LEFT JOIN sessions talk ON talk.id = came.session_id
WHERE came.ticket_holder_id = $1 ORDER BY came.created_at, came.id
"""
_ONLINE: Final = "SELECT check_in_at, check_out_at FROM virtual_check_ins WHERE ticket_holder_id = $1"


@dataclass(frozen=True, slots=True)
class Attendance:
    """Whether somebody has come, and for how many whole minutes."""

    has_come: bool
    minutes: int


def attendance_of(session: Session, attendee_id: int) -> Attendance:
    """The attendance of an attendee who is there. Open stays last until the session or event ends."""
    came, left, is_in, starts, ends = db.fetch(session, _DOOR, [attendee_id])[0]
    stations = db.fetch(session, _STATIONS, [attendee_id])
    online = db.fetch(session, _ONLINE, [attendee_id])
    door = [(moment, True) for moment in moments_in(came)] + [(moment, False) for moment in moments_in(left)]
    stays = [*_stays(door, ends), *((begins, until or ends) for begins, until in online)]
    for session_id in {row[0] for row in stations if row[1] in {CHECK_IN, CHECK_OUT}}:
        rows = [row for row in stations if row[0] == session_id and row[1] in {CHECK_IN, CHECK_OUT}]
        until = rows[0][3] or ends
        stays += _stays(((moment, kind == CHECK_IN) for _, kind, moment, _ in rows), until)
    has_come = is_in or bool(door) or bool(online) or any(row[1] != REGISTRATION for row in stations)
    return Attendance(has_come, _minutes(stays, starts, ends))


def _stays(moments: Iterable[tuple[datetime, bool]], ends: datetime) -> Iterator[Stay]:
    """Pair each coming (True) with the next leaving; without one the stay goes on."""
    begins: datetime | None = None
    for moment, comes in sorted(moments, key=_by_time):
        if comes and begins is None:
            begins = moment
        elif not comes and begins is not None:
            yield begins, moment
            begins = None
    if begins is not None:
        yield begins, ends


def _by_time(moment: tuple[datetime, bool]) -> tuple[datetime, bool]:
    return moment[0], not moment[1]  # who comes and leaves at once has come first


def _minutes(stays: Iterable[Stay], starts: datetime, ends: datetime) -> int:
    """Whole minutes of the union of the stays, within the event."""
    total: Any = None
    reached = starts
    for begins, until in sorted(stays):
        begins, until = max(begins, reached), min(until, ends)
        if until > begins:
            total = until - begins if total is None else total + (until - begins)
            reached = until
    return 0 if total is None else int(total.total_seconds() // 60)
