"""Schedule breaks: times in which no session is on, in some rooms or at the whole event, such as lunch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib import db
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


_ROOMS: Final = (
    "SELECT FROM schedule_breaks_microlocations place JOIN microlocations room "
    "ON room.id = place.microlocation_id WHERE place.schedule_break_id = "
)
# One whose rooms are all in the trash is hidden with them: it is no break of the whole event.
_HAS_ITS_ROOMS: Final = where_sql(
    sql(
        *("NOT EXISTS (", _ROOMS, ROW["id"], ") OR EXISTS ("),
        *(_ROOMS, ROW["id"], " AND room.deleted_at IS NULL)"),
    ),
    "it has a room, or is of the whole event",
    of_row=True,
)
_FORGET: Final = f"""
DELETE FROM schedule_breaks_microlocations WHERE schedule_break_id = $1
   AND NOT EXISTS ({_ROOMS} $1 AND room.deleted_at IS NULL AND room.id <> ALL ($2::bigint[]))
"""  # noqa: S608 - texts of this file
_SHARED: Final = organizers_write()


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


def forget_rooms_in_the_trash(
    context: Context, row: Any, added: Sequence[int], removed: Sequence[int]
) -> None:
    """Who takes its last room away makes it a break of the whole event, though others were in the trash."""
    if removed and not added:
        db.fetch(context.session, _FORGET, [row.id, removed])


SCHEDULE_BREAK = Resource(
    "schedule-break",
    ScheduleBreak,
    ScheduleBreakSchema,
    path="schedule-breaks",
    methods=EVERYTHING - {"list"},
    policy=_SHARED.replace(see=_SHARED.see & _HAS_ITS_ROOMS),
    before_write=[end_after_beginning],
    before_link={"microlocations": forget_rooms_in_the_trash},
    order=["starts_at"],
    shared=True,
)
