"""Local time and zone are the truth about an event: when the rules of its zone change, its moments do.

An event keeps the offsets of its zone by which its times were understood. Where those of today are others,
moments are shifted so that clocks there show what they did before.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.values.offsets import Offsets, local_time, moment_of, offsets_of
from chalicelib.values.zones import local, zone

Shift = Callable[[datetime], datetime]
_AROUND: Final = timedelta(days=31)  # rows that an event has before and after itself
_MEANING: Final = frozenset({"starts_at", "ends_at", "timezone"})
_EARLIEST, _LATEST = datetime(1970, 3, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_CHANGED: Final = "UPDATE sessions SET last_modified_at = $2 WHERE id = ANY ($1::bigint[])"


def note_offsets(_context: Context, change: Change) -> None:
    """Keep by which offsets the event's times are understood."""
    row = change.row
    if change.is_new or change.before.keys() & _MEANING:
        row.zone_offsets = stored(current_offsets(row.timezone, row.starts_at, row.ends_at))


def current_offsets(timezone: str, starts_at: datetime, ends_at: datetime) -> Offsets:
    """The offsets of the zone around the event by the rules of today; few of an event of before 1970."""
    begins = max(starts_at, _EARLIEST) - _AROUND
    return offsets_of(timezone, begins, min(max(begins, ends_at + _AROUND), begins + 5 * _AROUND, _LATEST))


def stored(offsets: Offsets) -> list[Any]:
    """The offsets as they are kept: [moment in ISO 8601, seconds]."""
    return [[moment.astimezone(UTC).isoformat(), seconds] for moment, seconds in offsets]


def follow_rules(session: Session, event: Any) -> bool:
    """Shift the locked event and what hangs on it, if its zone has other rules by now; whether it has."""
    now = current_offsets(event.timezone, event.starts_at, event.ends_at)
    if event.zone_offsets is None or event.zone_offsets == stored(now):
        event.zone_offsets = stored(now)
        return False
    former = [(datetime.fromisoformat(moment), seconds) for moment, seconds in event.zone_offsets]
    if not _differ(former, now):
        event.zone_offsets = stored(now)
        return False
    shift = shift_between(former, event.timezone)
    event.starts_at, event.ends_at = shift_span(shift, event.starts_at, event.ends_at)
    event.revised_at = clock.now()
    event.zone_offsets = stored(current_offsets(event.timezone, event.starts_at, event.ends_at))
    session.flush()
    signals.emit(session, "event.updated", id=event.id, changed=["ends_at", "starts_at"], viewer_id=None)
    shift_rows(session, event.id, shift, None)
    return True


def shift_between(former: Offsets, timezone: str) -> Shift:
    """How moments that were understood by the former offsets are moved to the same local time of the zone.

    Moments of the first and last years there are stand for "always", and stay.
    """

    def shift(moment: datetime) -> datetime:
        if not _EARLIEST <= moment <= _LATEST:
            return moment
        was = local_time(moment, former)
        # Of an hour that the clocks show twice either one stays.
        stays = local(moment, zone(timezone)).replace(tzinfo=None, fold=0) == was
        return moment if stays else moment_of(was, timezone)

    return shift


def shift_span(shift: Shift, begins: datetime, ends: datetime) -> tuple[datetime, datetime]:
    """A time, shifted. One that begins in an hour that the clocks skip there would end before it begins, as
    02:30 to 03:15: it stays as long as it was.
    """
    later = shift(begins), shift(ends)
    return later if later[0] < later[1] or begins >= ends else (later[0], later[0] + (ends - begins))


def shift_rows(session: Session, event_id: int, shift: Shift, viewer_id: int | None) -> None:
    """Shift sessions, breaks and availabilities of the event."""
    changed = ["ends_at", "starts_at"]
    moved = _shift_times(session, "sessions", event_id, shift)
    db.fetch(session, _CHANGED, [moved, clock.now()])
    for id in moved:
        signals.emit(session, "session.updated", id=id, changed=changed, viewer_id=viewer_id)
    for id in _shift_times(session, "schedule_breaks", event_id, shift):
        signals.emit(session, "schedule-break.updated", id=id, changed=changed, viewer_id=viewer_id)
    for table in ("microlocations", "speakers"):
        _shift_availability(session, table, event_id, shift)


def _shift_times(session: Session, table: str, event_id: int, shift: Shift) -> list[int]:
    """Shift the rows of the table; returns the ids of those that have moved."""
    rows = db.fetch(
        session,
        f"SELECT id, starts_at, ends_at FROM {table} WHERE event_id = $1 ORDER BY id FOR NO KEY UPDATE",  # noqa: S608
        [event_id],
    )
    moved = []
    for id, begins, ends in rows:
        if begins is None or ends is None:
            later = begins and shift(begins), ends and shift(ends)
        else:
            later = shift_span(shift, begins, ends)
        if later != (begins, ends):
            moved.append((id, *later))
    if moved:
        db.fetch(
            session,
            f"UPDATE {table} SET starts_at = moved.starts_at, ends_at = moved.ends_at "  # noqa: S608
            "FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) "
            f"AS moved(id, starts_at, ends_at) WHERE {table}.id = moved.id",
            [list(column) for column in zip(*moved, strict=True)],
        )
    return [id for id, *_ in moved]


def _shift_availability(session: Session, table: str, event_id: int, shift: Shift) -> None:
    rows = db.fetch(
        session,
        f"SELECT id, availability FROM {table} WHERE event_id = $1 AND availability IS NOT NULL "  # noqa: S608
        "ORDER BY id FOR NO KEY UPDATE",
        [event_id],
    )
    for id, intervals in rows:
        spans = (
            shift_span(shift, *(datetime.fromisoformat(interval[name]) for name in ("starts-at", "ends-at")))
            for interval in intervals
        )
        moved = [{"starts-at": begins.isoformat(), "ends-at": ends.isoformat()} for begins, ends in spans]
        if moved != intervals:
            update = f"UPDATE {table} SET availability = $2::jsonb WHERE id = $1"  # noqa: S608 - of two names
            db.fetch(session, update, [id, json.dumps(moved)])


def _differ(former: Offsets, now: Sequence[tuple[datetime, int]]) -> bool:
    """Whether a moment of both means another local time now."""
    begins = max(former[0][0], now[0][0])
    moments = [begins, *(moment for moment, _ in [*former, *now] if moment >= begins)]
    return any(local_time(moment, former) != local_time(moment, now) for moment in moments)
