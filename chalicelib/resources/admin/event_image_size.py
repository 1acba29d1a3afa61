"""Image sizes of events: one row that staff edits."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.admin.image_sizes import pixels, quality
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.policies import STAFF_EDITS


class EventImageSize(Model):
    __tablename__ = "event_image_sizes"
    type: Mapped[str | None] = attr()
    full_width: Mapped[int | None] = attr(pixels)
    full_height: Mapped[int | None] = attr(pixels)
    full_aspect: Mapped[FalseByDefault] = attr()
    full_quality: Mapped[int | None] = attr(quality)
    icon_width: Mapped[int | None] = attr(pixels)
    icon_height: Mapped[int | None] = attr(pixels)
    icon_aspect: Mapped[FalseByDefault] = attr()
    icon_quality: Mapped[int | None] = attr(quality)
    thumbnail_width: Mapped[int | None] = attr(pixels)
    thumbnail_height: Mapped[int | None] = attr(pixels)
    thumbnail_aspect: Mapped[FalseByDefault] = attr()
    thumbnail_quality: Mapped[int | None] = attr(quality)
    logo_width: Mapped[int | None] = attr(pixels)
    logo_height: Mapped[int | None] = attr(pixels)


class EventImageSizeSchema(Schema):
    """No attributes beyond the columns."""


EVENT_IMAGE_SIZE = Resource(
    "event-image-size",
    EventImageSize,
    EventImageSizeSchema,
    path="event-image-sizes",
    singleton=True,
    methods=frozenset({"read", "update"}),
    policy=STAFF_EDITS,
    shared=True,
)
