"""Image sizes of people: one row that staff edits."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.admin.image_sizes import pixels, quality
from chalicelib.resources.policies import STAFF_EDITS


class SpeakerImageSize(Model):
    __tablename__ = "speaker_image_sizes"
    type: Mapped[str | None] = attr()
    small_size_width_height: Mapped[int | None] = attr(pixels)
    small_size_quality: Mapped[int | None] = attr(quality)
    thumbnail_size_width_height: Mapped[int | None] = attr(pixels)
    thumbnail_size_quality: Mapped[int | None] = attr(quality)
    icon_size_width_height: Mapped[int | None] = attr(pixels)
    icon_size_quality: Mapped[int | None] = attr(quality)


class SpeakerImageSizeSchema(Schema):
    """No attributes beyond the columns."""


SPEAKER_IMAGE_SIZE = Resource(
    "speaker-image-size",
    SpeakerImageSize,
    SpeakerImageSizeSchema,
    path="speaker-image-sizes",
    singleton=True,
    methods=frozenset({"read", "update"}),
    policy=STAFF_EDITS,
    shared=True,
)
