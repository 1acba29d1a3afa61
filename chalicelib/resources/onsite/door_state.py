"""Where attendees are, while a batch of scans is decided: loaded once, changed in memory, stored in bulk.

What PATCH of an attendee and check-ins at stations store is stored here too, so that all lists and statistics
count both.
"""

import json
from bisect import bisect_right, insort
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.onsite.gate import IN, OUT, Presence
from chalicelib.resources.onsite.gate_facts import StationFacts, Step, presence_at, steps_of
from chalicelib.resources.onsite.station import REGISTRATION
from chalicelib.resources.orders.notes import appended, inserted, moments_in, shortened

_LOAD: Final = """
SELECT id, is_checked_in, is_checked_out, is_registered, checkin_times, checkout_times, register_times,
  device_name_checkin
FROM attendees WHERE id = ANY($1::bigint[])
"""
_STORE: Final = """
UPDATE attendees SET is_checked_in = new.is_checked_in, is_checked_out = new.is_checked_out,
  is_registered = new.is_registered, checkin_times = new.checkin_times, checkout_times = new.checkout_times,
  register_times = new.register_times, device_name_checkin = new.device_name_checkin
FROM jsonb_to_recordset($1::jsonb) AS new (id bigint, is_checked_in boolean, is_checked_out boolean,
  is_registered boolean, checkin_times text, checkout_times text, register_times text, device_name_checkin
  text)
WHERE attendees.id = new.id
"""
_COME: Final = """
INSERT INTO user_check_ins (created_at, station_id, ticket_holder_id, session_id)
SELECT step.at, step.station_id, step.attendee_id, step.session_id
FROM jsonb_to_recordset($1::jsonb)
  AS step (place int, at timestamptz, station_id bigint, attendee_id bigint, session_id bigint)
ORDER BY step.place
"""


@dataclass(slots=True)
class DoorState:
    """One attendee. `changed` are the columns that differ by now, and `new_steps` the check-ins at
    stations.
    """

    attendee_id: int
    is_checked_in: bool
    is_checked_out: bool
    is_registered: bool
    checkin_times: str | None
    checkout_times: str | None
    register_times: str | None
    device_name_checkin: str | None
    steps: list[Step] = field(default_factory=list)
    new_steps: list[Step] = field(default_factory=list)
    moments: list[tuple[datetime, str]] | None = None
    changed: set[str] = field(default_factory=set)

    def presence(
        self,
        station: StationFacts | None,
        session_id: int | None,
        at: datetime,
        zone: tzinfo,
        *,
        at_that_time: bool = False,
    ) -> Presence:
        """Where the attendee is, as the station counts, or the event's own door; or where they were then."""
        if station is not None:
            steps = [step for step in self.steps if step.at <= at] if at_that_time else self.steps
            return presence_at(station, session_id, steps, at, zone)
        if at_that_time and self._has_later(at):
            return self._presence_then(at)
        is_inside = self.is_checked_in and not self.is_checked_out
        return Presence(is_inside, self.is_checked_in, (self.checkin_times or "").rpartition(",")[2])

    def note(
        self,
        station: StationFacts | None,
        session_id: int | None,
        direction: str,
        at: datetime,
        device: str,
        *,
        at_that_time: bool = False,
    ) -> None:
        """Somebody was let in, or has left; `at_that_time`: maybe before what is known already."""
        moment = at.astimezone(UTC).isoformat(timespec="milliseconds")
        if station is None:
            is_late = at_that_time and self._has_later(at)
            name = "checkin_times" if direction == IN else "checkout_times"
            self._put(name, (inserted if is_late else appended)(getattr(self, name), moment))
            insort(self._moments(), (datetime.fromisoformat(moment), direction))
            # Where somebody is follows from the last time, whichever has arrived last.
            if direction == IN:
                self._set(is_checked_in=True)
            if not is_late:
                self._set(is_checked_out=direction == OUT)
            if device:
                self._put("device_name_checkin", appended(self.device_name_checkin, device))
            return
        step = Step(station.id, station.kind, session_id, at)
        insort(self.steps, step, key=lambda known: known.at)
        self.new_steps.append(step)
        if station.kind == REGISTRATION:
            self._set(is_registered=True)
            self._put("register_times", appended(self.register_times, moment))

    def _moments(self) -> list[tuple[datetime, str]]:
        """The times at the event's own door in their order; read from the texts once."""
        if self.moments is None:
            came = [(moment, IN) for moment in moments_in(self.checkin_times)]
            self.moments = sorted(came + [(moment, OUT) for moment in moments_in(self.checkout_times)])
        return self.moments

    def _has_later(self, at: datetime) -> bool:
        moments = self._moments()
        return bool(moments) and moments[-1][0] > at

    def _presence_then(self, at: datetime) -> Presence:
        moments = self._moments()
        place = bisect_right(moments, at, key=lambda step: step[0])
        if not place:
            return Presence()
        moment, direction = moments[place - 1]
        return Presence(direction == IN, True, moment.astimezone(UTC).isoformat(timespec="milliseconds"))

    def _set(self, **values: bool) -> None:
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                self.changed.add(name)

    def _put(self, name: str, text: str | None) -> None:
        text = shortened(text)
        if getattr(self, name) != text:
            setattr(self, name, text)
            self.changed.add(name)


def load(session: Session, ids: Collection[int], times: Sequence[datetime]) -> dict[int, DoorState]:
    """The states of these attendees, who are locked, with where they have been on the days of these times."""
    if not ids:
        return {}
    steps = steps_of(session, ids, times)
    rows = db.fetch(session, _LOAD, [[*ids]])
    states = {row[0]: DoorState(*row) for row in rows}
    for id, state in states.items():
        state.steps = steps.get(id, [])
    return states


def store(session: Session, states: Mapping[int, DoorState]) -> None:
    """Queue what has changed: one statement for the attendees, and one for check-ins at stations."""
    rows = [_row(state) for state in states.values() if state.changed]
    if rows:
        db.enqueue(session, _STORE, [json.dumps(rows)])
    came = [
        {
            "place": place,
            "at": step.at.isoformat(),
            "station_id": step.station_id,
            "attendee_id": attendee_id,
            "session_id": step.session_id,
        }
        for place, (attendee_id, step) in enumerate(_new_steps(states))
    ]
    if came:
        db.enqueue(session, _COME, [json.dumps(came)])


def _new_steps(states: Mapping[int, DoorState]) -> Iterator[tuple[int, Step]]:
    for state in states.values():
        for step in state.new_steps:
            yield state.attendee_id, step


def _row(state: DoorState) -> dict[str, object]:
    names = ("is_checked_in", "is_checked_out", "is_registered", "checkin_times", "checkout_times")
    more = ("register_times", "device_name_checkin")
    return {"id": state.attendee_id, **{name: getattr(state, name) for name in (*names, *more)}}
