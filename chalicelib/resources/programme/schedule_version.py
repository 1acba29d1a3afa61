"""Schedule versions: immutable snapshots of an event's programme, released with a number and a note."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, nobody, visible_with
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.limits.declared import SCHEDULE_RELEASES
from chalicelib.resources.policies import has_role
from chalicelib.resources.programme.schedule_snapshot import snapshot

# Whoever releases waits for others who do, so that numbers have no gaps.
_LOCK: Final = "SELECT id FROM events WHERE id = $1 FOR NO KEY UPDATE"
_NEXT: Final = "SELECT coalesce(max(number), 0) + 1 FROM schedule_versions WHERE event_id = $1"


class ScheduleVersion(Model):
    __tablename__ = "schedule_versions"
    number: Mapped[int] = attr(read_only=True)
    note: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    released_at: Mapped[datetime] = attr(read_only=True)
    session_count: Mapped[int] = attr(read_only=True)
    # The sessions of the programme: see schedule_snapshot.py.
    snapshot: Mapped[list[Any]] = mapped_column(deferred=True)
    event_id: Mapped[int] = owned_by("events.id", index=False)

    __table_args__ = (UniqueConstraint("event_id", "number", name="uq_schedule_versions_number"),)


class ScheduleVersionSchema(Schema):
    event = ToOne("event", inverse="schedule-versions", required=True, inverse_creates=True)


def keep_the_programme(context: Context, change: Change) -> None:
    """Number the version, and store what the programme is by now."""
    row = change.row
    db.fetch(context.session, _LOCK, [row.event_id], flush=False)
    row.number = db.fetch(context.session, _NEXT, [row.event_id], flush=False)[0][0]
    row.snapshot = snapshot(context.session, row.event_id)
    row.session_count = len(row.snapshot)
    row.released_at = clock.now()


SCHEDULE_VERSION = Resource(
    "schedule-version",
    ScheduleVersion,
    ScheduleVersionSchema,
    path="schedule-versions",
    methods=frozenset({"create", "read"}),
    policy=Policy(see=visible_with("event"), create=has_role(COORGANIZERS), change=nobody, remove=nobody),
    limited_by=(SCHEDULE_RELEASES,),
    before_write=[keep_the_programme],
    order=["number"],
)
