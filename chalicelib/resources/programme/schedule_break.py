"""Schedule breaks: times in which no session is on, in some rooms or at the whole event, such as lunch."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import where_sql
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import organizers_write

schedule_breaks_microlocations = Table(
    "schedule_breaks_microlocations",
    Model.metadata,
    Column(
        "schedule_break_id",
        BigInteger,
        ForeignKey("schedule_breaks.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "microlocation_id",
        BigInteger,
        ForeignKey("microlocations.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


class ScheduleBreak(SoftDeleted, Model):
    __tablename__ = "schedule_breaks"
    name: Mapped[str] = attr(fields.Line, required=True)
    description: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    starts_at: Mapped[datetime] = attr(required=True)
    ends_at: Mapped[datetime] = attr(required=True)
    event_id: Mapped[int] = owned_by("events.id")


class ScheduleBreakSchema(Trashable):
    event = ToOne("event", inverse="schedule-breaks", required=True)
    # Without rooms it is a break of the whole event.
    microlocations = ToMany(
        "microlocation",
        inverse="schedule-breaks",
        through="schedule_breaks_microlocations",
        left="schedule_break_id",
        right="microlocation_id",
        same_parent="event",
    )


def end_after_beginning(_context: Context, change: Change) -> None:
    """A break ends after it begins."""
    if change.row.ends_at <= change.row.starts_at:
        raise invalid("A break must end after it begins.", "/data/attributes/ends-at")


_SHARED = organizers_write()
# A break of rooms that are all in the trash is there with them: it is no break of the whole event.
_LINKED: Final = "EXISTS (SELECT FROM schedule_breaks_microlocations place WHERE place.schedule_break_id = "
_HAS_ROOM: Final = (
    "EXISTS (SELECT FROM schedule_breaks_microlocations place JOIN microlocations room "
    "ON room.id = place.microlocation_id AND room.deleted_at IS NULL WHERE place.schedule_break_id = "
)
_POLICY = _SHARED.replace(
    see=_SHARED.see
    & where_sql(
        sql("(NOT ", _LINKED, ROW["id"], ") OR ", _HAS_ROOM, ROW["id"], "))"),
        "not of rooms in the trash alone",
    )
)

SCHEDULE_BREAK = Resource(
    "schedule-break",
    ScheduleBreak,
    ScheduleBreakSchema,
    path="schedule-breaks",
    methods=EVERYTHING - {"list"},
    policy=_POLICY,
    before_write=[end_after_beginning],
    order=["starts_at"],
)
