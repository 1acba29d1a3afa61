"""Facts for the gate, loaded for many attendees at once: tickets, stations, sessions, and who is where today.

Locks first, then looks: in this order the event's orders, its attendees, and the rooms whose places are
counted.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.write.changing import SET_LOCK_TIMEOUT
from chalicelib.resources.onsite.gate import IN, OUT, Gate, HeldTicket, Presence
from chalicelib.resources.onsite.station import CHECK_IN, CHECK_OUT, DAILY, REGISTRATION
from chalicelib.resources.orders.order import states
from chalicelib.values.zones import local

EARLY: Final = timedelta(minutes=30)  # a session is entered from then on, and left until as long after it
_LOCK_ORDERS: Final = (
    "SELECT id FROM orders WHERE id IN (SELECT order_id FROM attendees WHERE id = ANY($1::bigint[])) "
    "ORDER BY id FOR SHARE"
)
_LOCK_ATTENDEES: Final = "SELECT id FROM attendees WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE"
_LOCK_ROOMS: Final = (
    "SELECT id FROM microlocations WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)
_TICKETS: Final = f"""
SELECT person.id, person.event_id, person.deleted_at IS NOT NULL, coalesce(bought.status,
'{states.INITIALIZING}'), event.deleted_at IS NULL, coalesce({states.is_over_as_test("bought", "event")},
FALSE), person.ticket_id, ticket.admits_from, ticket.admits_until
FROM attendees person JOIN events event ON event.id = person.event_id
JOIN tickets ticket ON ticket.id = person.ticket_id
LEFT JOIN orders bought ON bought.id = person.order_id
WHERE person.id = ANY($1::bigint[])
"""  # noqa: S608 - no user input
_STATIONS: Final = """
SELECT place.id, place.station_type, place.microlocation_id, place.opens_at, place.capacity,
  ARRAY(SELECT link.ticket_id FROM stations_tickets link WHERE link.station_id = place.id)
FROM stations place
WHERE place.event_id = $1::bigint AND (
  place.id = ANY($2::bigint[]) OR place.microlocation_id = ANY($3::bigint[])
  OR place.microlocation_id IN (SELECT named.microlocation_id FROM stations named
    WHERE named.id = ANY($2::bigint[]) AND named.event_id = $1::bigint))
ORDER BY place.id
"""
_SESSIONS: Final = """
SELECT talk.id, array_remove(talk.microlocation_id || ARRAY(SELECT link.microlocation_id
    FROM sessions_microlocations link WHERE link.session_id = talk.id), NULL), talk.starts_at, talk.ends_at
FROM sessions talk
WHERE talk.event_id = $1::bigint AND talk.deleted_at IS NULL AND (talk.id = ANY($2::bigint[])
  OR (talk.microlocation_id = ANY($3::bigint[]) OR EXISTS (SELECT FROM sessions_microlocations link
      WHERE link.session_id = talk.id AND link.microlocation_id = ANY($3::bigint[])))
    AND talk.state IN ('accepted', 'confirmed') AND talk.ends_at >= $4::timestamptz
    AND talk.starts_at <= $5::timestamptz)
ORDER BY talk.starts_at, talk.id
"""
_STEPS: Final = """
SELECT came.ticket_holder_id, came.station_id, place.station_type, came.session_id, came.created_at
FROM user_check_ins came JOIN stations place ON place.id = came.station_id
WHERE came.ticket_holder_id = ANY($1::bigint[]) AND came.created_at BETWEEN $2::timestamptz AND
$3::timestamptz ORDER BY came.created_at, came.id
"""
_INSIDE: Final = """
SELECT asked.session_id, asked.room_id, (SELECT count(*) FROM (
    SELECT DISTINCT ON (came.ticket_holder_id) place.station_type FROM user_check_ins came
    JOIN stations place ON place.id = came.station_id
    WHERE came.session_id = asked.session_id AND place.microlocation_id = asked.room_id
      AND place.station_type IN ('check in', 'check out')
    ORDER BY came.ticket_holder_id, came.created_at DESC, came.id DESC) last
  WHERE last.station_type = 'check in')
FROM unnest($1::bigint[], $2::bigint[]) asked (session_id, room_id)
"""


@dataclass(frozen=True, slots=True)
class StationFacts:
    """A station, as the gate needs it. `tickets` are those that it admits; none: all."""

    id: int
    kind: str
    room_id: int | None
    opens_at: datetime | None
    capacity: int | None
    tickets: Sequence[int]

    @property
    def direction(self) -> str:
        """Whether people come in here, or leave."""
        return OUT if self.kind == CHECK_OUT else IN


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session with its rooms."""

    id: int
    rooms: Sequence[int]
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody has come to a station."""

    station_id: int
    kind: str
    session_id: int | None
    at: datetime


def lock_attendees(session: Session, ids: Collection[int]) -> None:
    """Lock the attendees, after their orders, which stay as they are. Two doors at once wait for each
    other.
    """
    db.enqueue(session, SET_LOCK_TIMEOUT)
    db.enqueue(session, _LOCK_ORDERS, [[*ids]])
    db.enqueue(session, _LOCK_ATTENDEES, [[*ids]])


def held_tickets(session: Session, ids: Collection[int]) -> dict[int, HeldTicket]:
    """The tickets of these attendees, by the attendee's id."""
    rows = db.fetch(session, _TICKETS, [[*ids]], flush=False)
    return {row[0]: HeldTicket(*row) for row in rows}


def stations_of(
    session: Session, event_id: int, ids: Collection[int], rooms: Collection[int] = ()
) -> list[StationFacts]:
    """The event's stations with these ids, in their rooms, and in these rooms."""
    if not ids and not rooms:
        return []
    rows = db.fetch(session, _STATIONS, [event_id, [*ids], [*rooms]], flush=False)
    return [StationFacts(*row) for row in rows]


def sessions_of(
    session: Session, event_id: int, ids: Collection[int], rooms: Collection[int], times: Sequence[datetime]
) -> list[SessionFacts]:
    """The event's sessions with these ids, and those on the programme in these rooms about these times."""
    if not ids and not rooms:
        return []
    values = [event_id, [*ids], [*rooms], min(times) - EARLY, max(times) + EARLY]
    return [SessionFacts(*row) for row in db.fetch(session, _SESSIONS, values, flush=False)]


def session_now(
    sessions: Iterable[SessionFacts], room: int, at: datetime, direction: str
) -> SessionFacts | None:
    """The session that somebody who comes to this room means: the present one, else the next or last one."""
    here = [talk for talk in sessions if room in talk.rooms and talk.starts_at and talk.ends_at]
    spare = (EARLY, timedelta(0)) if direction == IN else (timedelta(0), EARLY)
    for before, after in ((timedelta(0), timedelta(0)), spare):
        for talk in here:
            if talk.starts_at and talk.ends_at and talk.starts_at - before <= at < talk.ends_at + after:
                return talk
    return None


def steps_of(session: Session, ids: Collection[int], times: Sequence[datetime]) -> dict[int, list[Step]]:
    """Where these attendees have been on the days of these times, in order, by attendee."""
    values = [[*ids], min(times) - timedelta(days=2), max(times) + timedelta(days=2)]
    steps: dict[int, list[Step]] = {}
    for attendee_id, *step in db.fetch(session, _STEPS, values, flush=False):
        steps.setdefault(attendee_id, []).append(Step(*step))
    return steps


def presence_at(
    station: StationFacts, session_id: int | None, steps: Iterable[Step], at: datetime, zone: tzinfo
) -> Presence:
    """Per day of the event: people register once at a station, come once to daily ones, and enter and leave a
    session in turn.
    """
    day = local(at, zone).date()
    today = [
        step for step in steps if local(step.at, zone).date() == day and _counts(station, session_id, step)
    ]
    if not today:
        return Presence()
    last = today[-1]
    return Presence(last.kind != CHECK_OUT, True, last.at.isoformat(timespec="seconds"))


def _counts(station: StationFacts, session_id: int | None, step: Step) -> bool:
    if station.kind == REGISTRATION:
        return step.station_id == station.id
    of_session = session_id is None or step.session_id == session_id
    if station.kind == DAILY:
        return step.kind == DAILY and of_session
    return step.kind in {CHECK_IN, CHECK_OUT} and of_session


def place_of(station: StationFacts | None, session_id: int | None, at: datetime, zone: tzinfo) -> str:
    """A name of where somebody can be inside once, as presence_at() counts: by day, and session."""
    if station is None:
        return "door"
    day = local(at, zone).date().isoformat()
    if station.kind == REGISTRATION:
        return f"station {station.id} {day}"
    return f"{DAILY if station.kind == DAILY else 'session'} {session_id or ''} {day}"


def count_inside(session: Session, pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """How many are inside, by (session, room). Locks the rooms, so that it stays true."""
    if not pairs:
        return {}
    db.enqueue(session, _LOCK_ROOMS, [sorted({room for _, room in pairs})])
    values = [[talk for talk, _ in pairs], [room for _, room in pairs]]
    return {(talk, room): number for talk, room, number in db.fetch(session, _INSIDE, values, flush=False)}


def gate_at(
    event_id: int, zone: tzinfo, station: StationFacts, talk: SessionFacts | None, inside: int | None
) -> Gate:
    """The gate of a station. Everywhere but at registrations and daily stations a session takes place."""
    if talk is not None:
        is_right = station.room_id is None or station.room_id in talk.rooms
    else:
        is_right = station.kind in {REGISTRATION, DAILY}
    places = None if station.capacity is None or inside is None else station.capacity - inside
    tickets = frozenset(station.tickets)
    return Gate(event_id, station.direction, zone, station.opens_at, tickets, places, is_right)
