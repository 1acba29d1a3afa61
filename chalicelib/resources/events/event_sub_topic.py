"""Sub-topics: a finer classification within a topic, such as jazz within music. Maintained by staff."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.identifiers import keep_slug
from chalicelib.resources.policies import STAFF_WRITES


class EventSubTopic(Model):
    __tablename__ = "event_sub_topics"
    name: Mapped[str] = attr(fields.Line, required=True)
    slug: Mapped[str] = attr(read_only=True)
    event_topic_id: Mapped[int] = owned_by("event_topics.id")

    __table_args__ = (UniqueConstraint("event_topic_id", "slug", name="uq_event_sub_topics_slug"),)


class EventSubTopicSchema(Schema):
    event_topic = ToOne("event-topic", inverse="event-sub-topics", required=True)


EVENT_SUB_TOPIC = Resource(
    "event-sub-topic",
    EventSubTopic,
    EventSubTopicSchema,
    path="event-sub-topics",
    methods=EVERYTHING - {"list"},
    policy=STAFF_WRITES,
    before_write=[keep_slug],
    order=["name"],
    shared=True,
)
