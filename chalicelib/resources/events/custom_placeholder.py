"""Placeholders: default images of events, by sub-topic."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import web_address
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.policies import STAFF_WRITES


class CustomPlaceholder(HasImageDetails, Model):
    __tablename__ = "custom_placeholders"
    name: Mapped[str] = attr(required=True)
    original_image_url: Mapped[str] = attr(web_address, required=True)
    thumbnail_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    large_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    icon_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    copyright: Mapped[str | None] = attr()
    origin: Mapped[str | None] = attr()
    event_sub_topic_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("event_sub_topics.id", ondelete="SET NULL"), unique=True
    )


class CustomPlaceholderSchema(PicturesShown, Schema):
    event_sub_topic = ToOne(
        "event-sub-topic", inverse="custom-placeholder", inverse_many=False, inverse_or_404=True
    )


CUSTOM_PLACEHOLDER = Resource(
    "custom-placeholder",
    CustomPlaceholder,
    CustomPlaceholderSchema,
    path="custom-placeholders",
    policy=STAFF_WRITES,
    constraint_errors={
        "uq_custom_placeholders_event_sub_topic_id": (
            "/data/relationships/event-sub-topic",
            "This sub-topic has a placeholder.",
        )
    },
    shared=True,
)
