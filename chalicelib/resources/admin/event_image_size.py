"""How large an event's pictures are shown: one row that staff edits."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.admin.image_sizes import pixels, quality
from chalicelib.resources.columns import Off
from chalicelib.resources.policies import STAFF_EDITS


class EventImageSize(Model):
    __tablename__ = "event_image_sizes"
    type: Mapped[str | None]
    full_width: Mapped[int | None]
    full_height: Mapped[int | None]
    full_aspect: Mapped[Off]
    full_quality: Mapped[int | None]
    icon_width: Mapped[int | None]
    icon_height: Mapped[int | None]
    icon_aspect: Mapped[Off]
    icon_quality: Mapped[int | None]
    thumbnail_width: Mapped[int | None]
    thumbnail_height: Mapped[int | None]
    thumbnail_aspect: Mapped[Off]
    thumbnail_quality: Mapped[int | None]
    logo_width: Mapped[int | None]
    logo_height: Mapped[int | None]


class EventImageSizeSchema(Schema):
    type = fields.Str(allow_none=True)
    full_width = pixels(allow_none=True)
    full_height = pixels(allow_none=True)
    full_aspect = fields.Bool()
    full_quality = quality(allow_none=True)
    icon_width = pixels(allow_none=True)
    icon_height = pixels(allow_none=True)
    icon_aspect = fields.Bool()
    icon_quality = quality(allow_none=True)
    thumbnail_width = pixels(allow_none=True)
    thumbnail_height = pixels(allow_none=True)
    thumbnail_aspect = fields.Bool()
    thumbnail_quality = quality(allow_none=True)
    logo_width = pixels(allow_none=True)
    logo_height = pixels(allow_none=True)


EVENT_IMAGE_SIZE = Resource(
    "event-image-size",
    EventImageSize,
    EventImageSizeSchema,
    path="event-image-sizes",
    singleton=True,
    offers=frozenset({"read", "update"}),
    policy=STAFF_EDITS,
)
