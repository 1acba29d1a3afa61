"""Microlocations: the rooms, stages and corners of an event. Clients also call them rooms."""

from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.fields import ToOne, fields
from chalicelib.jsonapi.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable, latitude, longitude
from chalicelib.resources.columns import Off
from chalicelib.resources.policies import organisers_write
from chalicelib.resources.video.stream_rules import stay_within_one_event


class Microlocation(SoftDeleted, Model):
    __tablename__ = "microlocations"
    name: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    floor: Mapped[int | None]
    hidden_in_scheduler: Mapped[Off]
    chat_room_name: Mapped[str | None]
    is_chat_enabled: Mapped[bool | None] = mapped_column(default=False)
    is_global_event_room: Mapped[bool | None] = mapped_column(default=False)
    position: Mapped[int | None] = mapped_column(default=0)
    room: Mapped[str | None]
    event_id: Mapped[int] = owned_by("events.id")
    video_stream_id: Mapped[int | None] = linked_to("video_streams.id")


class MicrolocationSchema(Trashable):
    name = fields.Line(required=True)
    latitude = latitude(allow_none=True)
    longitude = longitude(allow_none=True)
    floor = fields.Int(strict=True, allow_none=True)
    hidden_in_scheduler = fields.Bool()
    chat_room_name = fields.Str(dump_only=True)
    is_chat_enabled = fields.Bool(allow_none=True)
    is_global_event_room = fields.Bool(allow_none=True)
    position = fields.Int(strict=True, allow_none=True)
    room = fields.Line(allow_none=True)
    event = ToOne("event", inverse="microlocations", required=True)
    video_stream = ToOne("video-stream", inverse="rooms", or_404=True)


MICROLOCATION = Resource(
    "microlocation",
    Microlocation,
    MicrolocationSchema,
    path="microlocations",
    offers=EVERYTHING - {"list"},
    policy=organisers_write(),
    before_write=[stay_within_one_event],
    order=["position"],
)
