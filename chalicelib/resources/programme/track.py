"""Tracks of the programme, distinguished by color."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, validates

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr, fields, validate
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import track_organizers_write

_COLOR = validate.Regexp(r"^#(?:[0-9a-fA-F]{3}){1,2}\Z", error="A color is #rgb or #rrggbb.")
# Luminance at which black and white text are equally readable. Source: WCAG 2, contrast ratio.
_EVEN_LUMINANCE = 0.179


class Track(SoftDeleted, Model):
    __tablename__ = "tracks"
    name: Mapped[str] = attr(fields.Line, required=True)
    description: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    color: Mapped[str] = attr(required=True, validate=_COLOR)
    font_color: Mapped[str] = attr(read_only=True)
    position: Mapped[int | None] = attr(default=0)
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (Index("ix_tracks_position_id", "position", "id"),)

    @validates("color")
    def _choose_font_color(self, _name: str, color: str) -> str:
        self.font_color = readable_on(color)
        return color


class TrackSchema(Trashable):
    event = ToOne("event", inverse="tracks", required=True)


def readable_on(color: str) -> str:
    """Black or white, whichever has the higher contrast on `color` (#rgb or #rrggbb)."""
    digits = color.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (_linear(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if luminance > _EVEN_LUMINANCE else "#FFFFFF"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


TRACK = Resource(
    "track",
    Track,
    TrackSchema,
    path="tracks",
    policy=track_organizers_write(),
    order=["position"],
    shared=True,
)
