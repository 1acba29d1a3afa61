"""Check-ins: somebody with a ticket has come to a station, to register, to enter or to leave.

What must be true before somebody is registered, checked in or checked out.
"""

from typing import Final

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS, REGISTRARS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.sql import ROW, TRUE, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.onsite import gate
from chalicelib.resources.onsite import gate_facts as facts
from chalicelib.resources.onsite.same_event import demand_same_event
from chalicelib.resources.onsite.station import CHECK_IN, CHECK_OUT, DAILY, REGISTRATION, Station
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.notes import appended
from chalicelib.resources.policies import has_role, works_at
from chalicelib.values import zones

_DONE = sql(
    "SELECT CASE place.station_type WHEN 'registration' THEN 'The attendee is registered.' "
    "WHEN 'check out' THEN 'The attendee is checked out.' ELSE 'The attendee is checked in.' END "
    "FROM stations place WHERE place.id = ",
    ROW["station_id"],
)
_TEAM = has_role(COORGANIZERS, "station.event")
_SESSION = "/data/relationships/session"
_ATTENDEE = "/data/relationships/ticket-holder"
_AGAIN: Final = {
    (gate.ALREADY_IN, REGISTRATION): "The attendee is registered already today.",
    (gate.ALREADY_IN, DAILY): "The attendee is checked in already today.",
    (gate.ALREADY_IN, CHECK_IN): "The attendee is checked in already today.",
    (gate.ALREADY_OUT, CHECK_OUT): "The attendee is checked out already today.",
    (gate.NOT_IN, CHECK_OUT): "The attendee has not checked in today.",
}


class UserCheckIn(Model):
    """A check-in at a station; its day in the event's time zone follows from `created_at`."""

    __tablename__ = "user_check_ins"
    created_at: Mapped[CreatedAt]
    station_id: Mapped[int] = owned_by("stations.id")
    ticket_holder_id: Mapped[int] = owned_by("attendees.id")
    session_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), index=True, nullable=True
    )


class UserCheckInSchema(Schema):
    success = Computed("boolean", TRUE)  # a refused check-in is not stored
    message = Computed("text", _DONE)
    ticket_holder = ToOne("attendee", required=True)
    station = ToOne("station", required=True)
    session = ToOne("session")


def require_same_event(context: Context, change: Change) -> None:
    """Attendee, station and session must belong to the same event; only registration needs no session."""
    row = change.row
    demand_same_event(context, row.station_id, "attendees", row.ticket_holder_id, "ticket-holder")
    if row.session_id is not None:
        demand_same_event(context, row.station_id, "sessions", row.session_id, "session")
    elif _station(context, change).station_type != REGISTRATION:
        raise invalid("The relationship session is required at this station.", _SESSION)


def pass_the_gate(context: Context, change: Change) -> None:
    """The ticket must admit at the station, in the room of the session, and people come and leave in turn."""
    row, session, now = change.row, context.session, clock.now()
    facts.lock_attendees(session, [row.ticket_holder_id])
    ticket = facts.held_tickets(session, [row.ticket_holder_id])[row.ticket_holder_id]
    zone = zones.zone(_timezone(context, ticket.event_id))
    known = facts.stations_of(session, ticket.event_id, [row.station_id])
    station = next(place for place in known if place.id == row.station_id)
    ids = [] if row.session_id is None else [row.session_id]
    talks = facts.sessions_of(session, ticket.event_id, ids, (), [now])
    counts = station.capacity is not None and station.room_id is not None
    pairs = [(talk.id, station.room_id or 0) for talk in talks if counts]
    inside = facts.count_inside(session, pairs)
    place = facts.gate_at(
        ticket.event_id, zone, station, talks[0] if talks else None, inside.get(pairs[0]) if pairs else None
    )
    steps = facts.steps_of(session, [row.ticket_holder_id], [now]).get(row.ticket_holder_id, [])
    presence = facts.presence_at(station, row.session_id, steps, now, zone)
    reason = gate.decide(ticket, place, presence, now)
    if reason != gate.ADMITTED:
        raise gate.refusal(reason, ticket, (_ATTENDEE, _SESSION), _AGAIN.get((reason, station.kind), ""))


def _timezone(context: Context, event_id: int) -> str:
    return str(
        db.fetch(context.session, "SELECT timezone FROM events WHERE id = $1", [event_id], flush=False)[0][0]
    )


def note_registration(context: Context, change: Change) -> None:
    """Record the registration and its time on the attendee."""
    if _station(context, change).station_type != REGISTRATION:
        return
    attendee = context.session.get_one(Attendee, change.row.ticket_holder_id)
    attendee.is_registered = True
    attendee.register_times = appended(attendee.register_times, clock.now().isoformat(timespec="seconds"))


def _station(context: Context, change: Change) -> Station:
    return context.session.get_one(Station, change.row.station_id)


USER_CHECK_IN = Resource(
    "user_check_in",
    UserCheckIn,
    UserCheckInSchema,
    path="user-check-in",
    methods=frozenset({"create", "read", "delete"}),
    policy=Policy(
        see=works_at(REGISTRARS, "station", "station.event"), create=_TEAM, change=nobody, remove=_TEAM
    ),
    before_write=[require_same_event, pass_the_gate],
    after_write=[note_registration],
)
