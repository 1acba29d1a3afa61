"""Event types: what sort of gathering an event is, such as a conference. Staff keeps the list."""

from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.fields import fields
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.identifiers import keep_slug
from chalicelib.resources.policies import STAFF_WRITES


class EventType(SoftDeleted, Model):
    __tablename__ = "event_types"
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)


class EventTypeSchema(Trashable):
    name = fields.Line(required=True)
    slug = fields.Str(dump_only=True)


EVENT_TYPE = Resource(
    "event-type",
    EventType,
    EventTypeSchema,
    path="event-types",
    policy=STAFF_WRITES,
    before_write=[keep_slug],
    order=["name"],
)
