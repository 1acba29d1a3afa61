"""Topics: what events are about, such as music or science. Maintained by staff."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.model.fields import attr, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.identifiers import keep_slug
from chalicelib.resources.policies import STAFF_WRITES


class EventTopic(SoftDeleted, Model):
    __tablename__ = "event_topics"
    name: Mapped[str] = attr(fields.Line, required=True)
    system_image_url: Mapped[str | None] = attr(web_address, allow_null=False)
    slug: Mapped[str] = attr(read_only=True, unique=True)


class EventTopicSchema(Trashable):
    """No attributes beyond the columns."""


EVENT_TOPIC = Resource(
    "event-topic",
    EventTopic,
    EventTopicSchema,
    path="event-topics",
    policy=STAFF_WRITES,
    before_write=[keep_slug],
    order=["name"],
    shared=True,
)
