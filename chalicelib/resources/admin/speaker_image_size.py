"""How large the pictures of people are shown: one row that staff edits."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.admin.image_sizes import pixels, quality
from chalicelib.resources.policies import STAFF_EDITS


class SpeakerImageSize(Model):
    __tablename__ = "speaker_image_sizes"
    type: Mapped[str | None]
    small_size_width_height: Mapped[int | None]
    small_size_quality: Mapped[int | None]
    thumbnail_size_width_height: Mapped[int | None]
    thumbnail_size_quality: Mapped[int | None]
    icon_size_width_height: Mapped[int | None]
    icon_size_quality: Mapped[int | None]


class SpeakerImageSizeSchema(Schema):
    type = fields.Str(allow_none=True)
    small_size_width_height = pixels(allow_none=True)
    small_size_quality = quality(allow_none=True)
    thumbnail_size_width_height = pixels(allow_none=True)
    thumbnail_size_quality = quality(allow_none=True)
    icon_size_width_height = pixels(allow_none=True)
    icon_size_quality = quality(allow_none=True)


SPEAKER_IMAGE_SIZE = Resource(
    "speaker-image-size",
    SpeakerImageSize,
    SpeakerImageSizeSchema,
    path="speaker-image-sizes",
    singleton=True,
    offers=frozenset({"read", "update"}),
    policy=STAFF_EDITS,
)
