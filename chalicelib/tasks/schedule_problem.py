"""Makes a timetabling problem of an event's sessions, rooms, breaks, availabilities and favorites."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.programme.session.states import PUBLIC
from chalicelib.scheduling.problem import Mask, Problem, Room, Talk, span
from chalicelib.values.zones import local, zone

MOST_SESSIONS: Final = 1_000
MOST_ROOMS: Final = 100
_MOST_FAVORITES: Final = 50  # of one person: pairs of them are counted
_EVENT: Final = "SELECT starts_at, ends_at, timezone, changeover_minutes FROM events WHERE id = $1"
_ROOMS: Final = f"""
SELECT room.id, room.capacity, room.availability, ARRAY(
         SELECT json_build_array(pause.starts_at, pause.ends_at)
           FROM schedule_breaks pause JOIN schedule_breaks_microlocations place
             ON place.schedule_break_id = pause.id AND place.microlocation_id = room.id
          WHERE pause.deleted_at IS NULL), room.hidden_in_scheduler
  FROM microlocations room WHERE room.event_id = $1 AND room.deleted_at IS NULL
 ORDER BY room.position, room.id LIMIT {MOST_ROOMS}
"""  # noqa: S608 - texts of this file
_BREAKS: Final = """
SELECT starts_at, ends_at FROM schedule_breaks pause
 WHERE event_id = $1 AND deleted_at IS NULL AND NOT EXISTS (
   SELECT FROM schedule_breaks_microlocations place WHERE place.schedule_break_id = pause.id)
"""
_SESSIONS: Final = f"""
SELECT talk.id, talk.starts_at, talk.ends_at, talk.microlocation_id, talk.track_id, talk.expected_audience,
       talk.favourite_count, type.length,
       ARRAY(SELECT link.microlocation_id FROM sessions_microlocations link WHERE link.session_id = talk.id
              ORDER BY link.microlocation_id),
       ARRAY(SELECT link.speaker_id FROM speakers_sessions link
               JOIN speakers person ON person.id = link.speaker_id AND person.deleted_at IS NULL
              WHERE link.session_id = talk.id ORDER BY link.speaker_id)
  FROM sessions talk LEFT JOIN session_types type ON type.id = talk.session_type_id
 WHERE talk.event_id = $1 AND talk.deleted_at IS NULL AND talk.state IN {PUBLIC}
 ORDER BY talk.id LIMIT {MOST_SESSIONS}
"""  # noqa: S608 - texts of this file
_SPEAKERS: Final = (
    "SELECT id, availability FROM speakers "
    "WHERE event_id = $1 AND deleted_at IS NULL AND availability IS NOT NULL"
)
_FAVORITES: Final = f"""
SELECT (array_agg(favorite.session_id ORDER BY favorite.session_id))[1:{_MOST_FAVORITES}]
  FROM user_favourite_sessions favorite JOIN sessions talk ON talk.id = favorite.session_id
 WHERE talk.event_id = $1 GROUP BY favorite.user_id HAVING count(*) > 1
"""  # noqa: S608 - texts of this file


@dataclass(frozen=True, slots=True)
class Posed:
    """The problem, and what a slot is: the moment at which slot 0 begins, and how long each is."""

    problem: Problem
    begins: datetime
    grid: timedelta
    lengths: Sequence[timedelta]

    def moment(self, slot: int) -> datetime:
        """When a slot begins."""
        return self.begins + slot * self.grid


@dataclass(frozen=True, slots=True)
class _Grid:
    begins: datetime
    step: timedelta
    count: int

    def within(self, starts_at: datetime, ends_at: datetime) -> Mask:
        """The slots that are wholly in this time."""
        first = max(0, -((self.begins - starts_at) // self.step))
        return span(first, max(0, min(self.count, (ends_at - self.begins) // self.step) - first))

    def touched(self, starts_at: datetime, ends_at: datetime) -> Mask:
        """The slots that any of this time is in."""
        first = max(0, (starts_at - self.begins) // self.step)
        return span(first, max(0, min(self.count, -((self.begins - ends_at) // self.step)) - first))

    def had(self, intervals: Sequence[Mapping[str, str]] | None) -> Mask:
        """The slots of an availability."""
        if intervals is None:
            return span(0, self.count)
        free = 0
        moments = sorted((_moment(each["starts-at"]), _moment(each["ends-at"])) for each in intervals)
        joined: list[tuple[datetime, datetime]] = []
        for starts_at, ends_at in moments:
            if joined and starts_at <= joined[-1][1]:
                starts_at, ends_at = joined[-1][0], max(ends_at, joined.pop()[1])
            joined.append((starts_at, ends_at))
        for starts_at, ends_at in joined:
            free |= self.within(starts_at, ends_at)
        return free


def pose(session: Session, event_id: int, wanted: Mapping[str, Any]) -> Posed:
    """The problem of the event by now, as it was asked for."""
    starts_at, ends_at, timezone, gap = db.fetch(session, _EVENT, [event_id])[0]
    step = timedelta(minutes=wanted.get("grid_minutes", 15))
    # The grid begins at an hour of the event's zone, so that sessions begin at round times.
    here = local(starts_at, zone(timezone))
    begins = starts_at - timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
    grid = _Grid(begins, step, -((begins - ends_at) // step))
    open_hours = grid.within(starts_at, ends_at) & _hours(grid, starts_at, ends_at, timezone, wanted)
    for begin, end in db.fetch(session, _BREAKS, [event_id]):
        open_hours &= ~grid.touched(begin, end)
    rooms, hidden = [], set()
    for id, capacity, availability, pauses, is_hidden in db.fetch(session, _ROOMS, [event_id]):
        free = open_hours & grid.had(availability)
        for begin, end in pauses:
            free &= ~grid.touched(_moment(begin), _moment(end))
        hidden |= {id} if is_hidden else set()
        rooms.append(Room(id, 0 if is_hidden else capacity, 0 if is_hidden else free))
    talks, lengths = _talks(session, event_id, grid, open_hours, rooms, wanted)
    where = zone(timezone)
    first_day = local(begins, where).date()
    days = [(local(begins + n * step, where).date() - first_day).days for n in range(grid.count)]
    gap_slots = -(-timedelta(minutes=gap) // step)
    together = _together(session, event_id, {talk.id: number for number, talk in enumerate(talks)})
    return Posed(Problem(talks, rooms, days, gap_slots, together), begins, step, lengths)


def _talks(
    session: Session,
    event_id: int,
    grid: _Grid,
    open_hours: Mask,
    rooms: Sequence[Room],
    wanted: Mapping[str, Any],
) -> tuple[list[Talk], list[timedelta]]:
    number_of = {room.id: number for number, room in enumerate(rooms)}
    speakers = {id: grid.had(free) for id, free in db.fetch(session, _SPEAKERS, [event_id])}
    wishes = {wish["session"]: wish for wish in wanted.get("wishes", ())}
    talks, lengths = [], []
    for id, begins, ends, room, track, audience, liked, type_length, further, people in db.fetch(
        session, _SESSIONS, [event_id]
    ):
        length = _length(begins, ends, type_length, wanted.get("default_minutes", 30))
        slots = -(-length // grid.step)
        free = open_hours
        for person in people:
            free &= speakers.get(person, free)
        fixed = None
        if begins is not None and ends is not None and not wanted.get("replace"):
            taken = grid.touched(begins, ends)
            if taken:
                fixed = (number_of.get(room), (taken & -taken).bit_length() - 1)
                slots = taken.bit_length() - fixed[1]
        wish = wishes.get(id, {})
        when, where = wish.get("starts-at"), wish.get("microlocation")
        talks.append(
            Talk(
                id, slots, people, track, free, audience=audience, liked_by=liked,
                further=[number_of[place] for place in further if place in number_of],
                wished_rooms=frozenset({number_of[where]} if where in number_of else ()),
                wished=grid.within(_moment(when), _moment(wish["ends-at"])) if when else 0,
                fixed=fixed,
            )
        )  # fmt: skip
        lengths.append(length)
    return talks, lengths


def _together(session: Session, event_id: int, number_of: Mapping[int, int]) -> dict[tuple[int, int], int]:
    pairs: dict[tuple[int, int], int] = {}
    for (ids,) in db.fetch(session, _FAVORITES, [event_id]):
        own = sorted(number_of[id] for id in ids if id in number_of)
        for place, first in enumerate(own):
            for second in own[place + 1 :]:
                pairs[first, second] = pairs.get((first, second), 0) + 1
    return pairs


def _hours(
    grid: _Grid, starts_at: datetime, ends_at: datetime, timezone: str, wanted: Mapping[str, Any]
) -> Mask:
    """The slots of the days' hours, in the event's zone."""
    where = zone(timezone)
    opens, closes = (
        time.fromisoformat(wanted.get(name, otherwise))
        for name, otherwise in (("opens", "09:00"), ("closes", "18:00"))
    )
    slots = 0
    for day in _days(local(starts_at, where).date(), local(ends_at, where).date()):
        slots |= grid.within(datetime.combine(day, opens, where), datetime.combine(day, closes, where))
    return slots


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _length(begins: datetime | None, ends: datetime | None, of_type: str | None, otherwise: int) -> timedelta:
    if begins is not None and ends is not None and ends > begins:
        return ends - begins
    if of_type:
        hours, minutes = (int(part) for part in of_type.split(":"))
        if hours or minutes:
            return timedelta(hours=hours, minutes=minutes)
    return timedelta(minutes=otherwise)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
