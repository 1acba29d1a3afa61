"""Event types, such as conference. Maintained by staff."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.model.fields import attr, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.identifiers import keep_slug
from chalicelib.resources.policies import STAFF_WRITES


class EventType(SoftDeleted, Model):
    __tablename__ = "event_types"
    name: Mapped[str] = attr(fields.Line, required=True)
    slug: Mapped[str] = attr(read_only=True, unique=True)


class EventTypeSchema(Trashable):
    """No attributes beyond the columns."""


EVENT_TYPE = Resource(
    "event-type",
    EventType,
    EventTypeSchema,
    path="event-types",
    policy=STAFF_WRITES,
    before_write=[keep_slug],
    order=["name"],
    shared=True,
)
