"""Check-ins: an attendee registers, enters or leaves at a station."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth.roles import COORGANIZERS, REGISTRARS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.onsite import user_check_in_rules
from chalicelib.resources.policies import holds, works_at


class UserCheckIn(Model):
    """A check-in at a station; its day in the event's time zone follows from `created_at`."""

    __tablename__ = "user_check_ins"
    created_at: Mapped[CreatedAt]
    station_id: Mapped[int] = owned_by("stations.id")
    ticket_holder_id: Mapped[int] = owned_by("attendees.id")
    session_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), index=True, nullable=True
    )


_DONE = (
    "SELECT CASE place.station_type WHEN 'registration' THEN 'The attendee is registered.' "
    "WHEN 'check out' THEN 'The attendee is checked out.' ELSE 'The attendee is checked in.' END "
    "FROM stations place WHERE place.id = {t}.station_id"
)
_TEAM = holds(COORGANIZERS, "station.event")


class UserCheckInSchema(Schema):
    success = Computed("boolean", "TRUE")  # a refused check-in is not stored
    message = Computed("text", _DONE)
    ticket_holder = ToOne("attendee", required=True)
    station = ToOne("station", required=True)
    session = ToOne("session")


USER_CHECK_IN = Resource(
    "user_check_in",
    UserCheckIn,
    UserCheckInSchema,
    path="user-check-in",
    offers=frozenset({"create", "read", "delete"}),
    policy=Policy(
        see=works_at(REGISTRARS, "station", "station.event"), create=_TEAM, change=nobody, remove=_TEAM
    ),
    before_write=[
        user_check_in_rules.meet_at_the_same_event,
        user_check_in_rules.have_a_ticket_that_admits,
        user_check_in_rules.enter_the_right_room,
        user_check_in_rules.do_things_in_turn,
    ],
    after_write=[user_check_in_rules.note_registration],
)
