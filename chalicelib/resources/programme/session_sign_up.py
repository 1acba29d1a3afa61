"""Sign-ups for sessions: an attendee has a place in a session, waits for one, or has given it back.

The stock of the session counts who has a place. While somebody waits there is no free place: the database
moves the line up in the transaction that gives a place back.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import REGISTRARS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, logged_in, staff, visible_with
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.limits.declared import SIGN_UPS
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.policies import has_role
from chalicelib.resources.programme import sign_up_rules as rules

_IN_LINE = sql(
    *("CASE WHEN ", ROW["state"], " = 'waiting' THEN (SELECT count(*)::int FROM session_sign_ups earlier "),
    *("WHERE earlier.session_id = ", ROW["session_id"], " AND earlier.state = 'waiting' AND earlier.id <= "),
    *(ROW["id"], ") END"),
)
_ONCE = "uq_session_sign_ups_once"


class SessionSignUp(Model):
    __tablename__ = "session_sign_ups"
    state: Mapped[str] = attr(
        choices=rules.STATES, default=rules.WAITING, server_default=rules.WAITING, example=None
    )
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    confirmed_at: Mapped[datetime | None] = attr(read_only=True)
    cancelled_at: Mapped[datetime | None] = attr(read_only=True)
    session_id: Mapped[int] = owned_by("sessions.id", index=False)
    attendee_id: Mapped[int] = owned_by("attendees.id")
    event_id: Mapped[int] = owned_by("events.id", index=False)

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'confirmed', 'cancelled')", name="state"),
        Index("ix_session_sign_ups_event_id_id", "event_id", "id"),
        Index("ix_session_sign_ups_line", "session_id", "state", "id"),
        Index(_ONCE, "session_id", "attendee_id", unique=True, postgresql_where=text("state <> 'cancelled'")),
    )


class SessionSignUpSchema(Schema):
    # 1 for who is next; null for who does not wait.
    place_in_line = Computed("integer", _IN_LINE, metadata={"after": "state"})

    session = ToOne("session", inverse="sign-ups", required=True)
    attendee = ToOne("attendee", inverse="session-sign-ups", required=True)
    event = ToOne(
        "event",
        inverse="session-sign-ups",
        read_only=True,
        inverse_scope=has_role(REGISTRARS, "id"),
    )


SESSION_SIGN_UP = Resource(
    "session-sign-up",
    SessionSignUp,
    SessionSignUpSchema,
    path="session-sign-ups",
    # Whoever has an account and sees the attendee: the buyer, the attendee, and the crew of the event.
    policy=Policy(
        see=logged_in & visible_with("attendee"),
        create=logged_in & visible_with("attendee"),
        change=logged_in & visible_with("attendee"),
        # For good, which gives the place back; others cancel.
        remove=staff,
        list=staff,
    ),
    before_write=[rules.stay_as_it_was_made, rules.join_the_line],
    # Whoever changes a line locks its session first.
    limited_by=(SIGN_UPS,),
    locked_with="session",
    locked_for="NO KEY UPDATE",
    constraint_errors={
        _ONCE: ("/data/relationships/session", "The attendee has signed up for this session already.")
    },
)
