"""Check-ins: somebody with a ticket has come to a station, to register, to enter or to leave.

What must be true before somebody is registered, checked in or checked out.
"""

from typing import Final

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS, REGISTRARS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import Problem, invalid
from chalicelib.jsonapi.ground.sql import ROW, TRUE, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.changing import SET_LOCK_TIMEOUT
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.onsite.same_event import demand_same_event
from chalicelib.resources.onsite.station import CHECK_IN, CHECK_OUT, DAILY, REGISTRATION, Station
from chalicelib.resources.orders.attendee.admission import demand_admission, order_snapshot
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.notes import appended
from chalicelib.resources.policies import has_role, works_at
from chalicelib.resources.programme.session.session import Session
from chalicelib.values.zones import zone_sql

_DONE = sql(
    "SELECT CASE place.station_type WHEN 'registration' THEN 'The attendee is registered.' "
    "WHEN 'check out' THEN 'The attendee is checked out.' ELSE 'The attendee is checked in.' END "
    "FROM stations place WHERE place.id = ",
    ROW["station_id"],
)
_TEAM = has_role(COORGANIZERS, "station.event")
_SESSION = "/data/relationships/session"
_ZONE: Final = zone_sql("e.timezone")
_LOCK_ORDER = (
    "SELECT id FROM orders WHERE id = (SELECT order_id FROM attendees WHERE id = $1::bigint) FOR SHARE"
)


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


def require_admission(context: Context, change: Change) -> None:
    """The attendee's order must admit, as for check-in without a station."""
    # The order stays as it is from here on; and two scanners at once wait for each other.
    db.enqueue(context.session, SET_LOCK_TIMEOUT)
    db.enqueue(context.session, _LOCK_ORDER, [change.row.ticket_holder_id])
    attendee = context.session.get_one(Attendee, change.row.ticket_holder_id, with_for_update=True)
    bought = order_snapshot(context, attendee.order_id)
    leaves = _station(context, change).station_type == CHECK_OUT
    demand_admission(bought, attendee, "/data/relationships/ticket-holder", only_leaves=leaves)


def check_room(context: Context, change: Change) -> None:
    """The session must take place in the station's room."""
    row, station = change.row, _station(context, change)
    if row.session_id is None or station.microlocation_id is None:
        return
    session = context.session.get(Session, row.session_id)
    if session is not None and session.microlocation_id != station.microlocation_id:
        raise invalid("The session takes place in another room than the station's.", _SESSION)


def enforce_checkin_sequence(context: Context, change: Change) -> None:
    """Per day of the event: register once; check-in and check-out of a session alternate."""
    row, kind = change.row, _station(context, change).station_type
    if kind in {CHECK_IN, CHECK_OUT}:
        last = _today(context, change, "s.station_type IN ('check in', 'check out')", row.session_id)
        if kind == CHECK_IN and last == CHECK_IN:
            raise _again("checked in")
        if kind == CHECK_OUT and last != CHECK_IN:
            raise _again("checked out") if last else invalid("The attendee has not checked in today.")
    elif kind == REGISTRATION:
        if _today(context, change, "s.id = " + str(int(row.station_id)), None):
            raise _again("registered")
    elif kind == DAILY and _today(context, change, "s.station_type = 'daily'", row.session_id):
        raise _again("checked in")


def note_registration(context: Context, change: Change) -> None:
    """Record the registration and its time on the attendee."""
    if _station(context, change).station_type != REGISTRATION:
        return
    attendee = context.session.get_one(Attendee, change.row.ticket_holder_id)
    attendee.is_registered = True
    attendee.register_times = appended(attendee.register_times, clock.now().isoformat(timespec="seconds"))


def _station(context: Context, change: Change) -> Station:
    return context.session.get_one(Station, change.row.station_id)


def _today(context: Context, change: Change, which: str, session_id: int | None) -> str | None:
    """The type of the station where the attendee was last today, of those that meet `which` (SQL)."""
    rows = db.fetch(
        context.session,
        "SELECT s.station_type FROM user_check_ins c JOIN stations s ON s.id = c.station_id "  # noqa: S608 - no user input
        f"JOIN events e ON e.id = s.event_id WHERE c.ticket_holder_id = $1 AND {which} "
        "AND c.session_id IS NOT DISTINCT FROM coalesce($2::bigint, c.session_id) "
        f"AND (c.created_at AT TIME ZONE {_ZONE})::date = ($3::timestamptz AT TIME ZONE {_ZONE})::date "
        "ORDER BY c.id DESC LIMIT 1",
        [change.row.ticket_holder_id, session_id, clock.now()],
        flush=False,
    )
    return rows[0][0] if rows else None


def _again(what: str) -> Problem:
    return invalid(f"The attendee is {what} already today.")


USER_CHECK_IN = Resource(
    "user_check_in",
    UserCheckIn,
    UserCheckInSchema,
    path="user-check-in",
    methods=frozenset({"create", "read", "delete"}),
    policy=Policy(
        see=works_at(REGISTRARS, "station", "station.event"), create=_TEAM, change=nobody, remove=_TEAM
    ),
    before_write=[
        require_same_event,
        require_admission,
        check_room,
        enforce_checkin_sequence,
    ],
    after_write=[note_registration],
)
