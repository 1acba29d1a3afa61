"""Tags: colored labels that an event's team puts on attendees, such as "press" or "vegan"."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.value_fields import Color, Name


class Tag(SoftDeleted, Model):
    __tablename__ = "tags"
    name: Mapped[str] = attr(Name, required=True)
    color: Mapped[str | None] = attr(Color)
    is_read_only: Mapped[FalseByDefault] = attr()
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (
        Index("uq_tags_name", "event_id", "name", unique=True, postgresql_where=text("deleted_at IS NULL")),
    )


class TagSchema(Trashable):
    event = ToOne("event", inverse="tags", required=True, all_methods=True)


TAG = Resource(
    "tag",
    Tag,
    TagSchema,
    path="tags",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    constraint_errors={"uq_tags_name": ("/data/attributes/name", "The event has a tag with this name.")},
)
