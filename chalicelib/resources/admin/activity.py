"""Activities: audit log of who did what and when, for staff. Its table is partitioned (old_activities.py)."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS


class Activity(Model):
    __tablename__ = "activities"
    actor: Mapped[str | None] = attr()
    time: Mapped[datetime | None] = attr(default=clock.now, index=True)
    action: Mapped[str | None] = attr()

    # Partitions are made by a migration and old_activities.py.
    __table_args__ = {"postgresql_partition_by": "RANGE (id)"}


class ActivitySchema(Schema):
    """No attributes beyond the columns."""


ACTIVITY = Resource(
    "activity",
    Activity,
    ActivitySchema,
    path="activities",
    methods=frozenset({"list", "read"}),
    policy=STAFF_READS,
    order=["-time"],
)
