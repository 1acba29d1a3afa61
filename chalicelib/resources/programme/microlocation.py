"""Microlocations: the rooms and stages of an event. Clients also call them rooms."""

from typing import Any

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable, latitude, longitude
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.programme.availability import intervals
from chalicelib.resources.video.video_stream.rules import require_rooms_of_one_event


class Microlocation(SoftDeleted, Model):
    __tablename__ = "microlocations"
    name: Mapped[str] = attr(fields.Line, required=True)
    latitude: Mapped[float | None] = attr(latitude)
    longitude: Mapped[float | None] = attr(longitude)
    floor: Mapped[int | None] = attr()
    hidden_in_scheduler: Mapped[FalseByDefault] = attr()
    chat_room_name: Mapped[str | None] = attr(read_only=True)
    is_chat_enabled: Mapped[bool | None] = attr(default=False)
    is_global_event_room: Mapped[bool | None] = attr(default=False)
    position: Mapped[int | None] = attr(default=0)
    room: Mapped[str | None] = attr(fields.Line)
    # How many people it takes, and when it can be had; null is any number, and always.
    capacity: Mapped[int | None] = attr(minimum=0)
    availability: Mapped[list[Any] | None] = attr(intervals)
    event_id: Mapped[int] = owned_by("events.id")
    video_stream_id: Mapped[int | None] = linked_to("video_streams.id")


class MicrolocationSchema(Trashable):
    event = ToOne("event", inverse="microlocations", required=True)
    video_stream = ToOne("video-stream", inverse="rooms", or_404=True)


MICROLOCATION = Resource(
    "microlocation",
    Microlocation,
    MicrolocationSchema,
    path="microlocations",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    before_write=[require_rooms_of_one_event],
    order=["position"],
    shared=True,
)
