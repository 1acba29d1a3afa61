"""Activities: who did what and when, written by the system for the staff to look up."""

from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import moment
from chalicelib.resources.policies import STAFF_READS


class Activity(Model):
    __tablename__ = "activities"
    actor: Mapped[str | None]
    time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=clock.now, index=True)
    action: Mapped[str | None]


class ActivitySchema(Schema):
    actor = fields.Str(allow_none=True)
    time = moment(allow_none=True)
    action = fields.Str(allow_none=True)


ACTIVITY = Resource(
    "activity",
    Activity,
    ActivitySchema,
    path="activities",
    offers=frozenset({"list", "read"}),
    policy=STAFF_READS,
    order=["-time"],
)
