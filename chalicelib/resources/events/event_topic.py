"""Topics: what events are about, such as music or science. Staff keeps the list."""

from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.fields import fields
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.identifiers import keep_slug
from chalicelib.resources.policies import STAFF_WRITES


class EventTopic(SoftDeleted, Model):
    __tablename__ = "event_topics"
    name: Mapped[str]
    system_image_url: Mapped[str | None]
    slug: Mapped[str] = mapped_column(unique=True)


class EventTopicSchema(Trashable):
    name = fields.Line(required=True)
    system_image_url = web_address()
    slug = fields.Str(dump_only=True)


EVENT_TOPIC = Resource(
    "event-topic",
    EventTopic,
    EventTopicSchema,
    path="event-topics",
    policy=STAFF_WRITES,
    before_write=[keep_slug],
    order=["name"],
)
