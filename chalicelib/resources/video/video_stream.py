"""Video streams: the room on the network where an event, or some of its rooms, can be followed."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, linked_to
from chalicelib.jsonapi.fields import Schema, ToOne, fields
from chalicelib.jsonapi.resource import Resource
from chalicelib.jsonapi.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import link, web_address
from chalicelib.resources.video import stream_rules
from chalicelib.resources.video.stream_options import StreamOptions


class VideoStream(Model):
    __tablename__ = "video_streams"
    name: Mapped[str]
    url: Mapped[str]
    password: Mapped[str | None]
    bg_img_url: Mapped[str | None]
    additional_information: Mapped[str | None]
    extra: Mapped[dict[str, Any] | None]
    is_chat_enabled: Mapped[bool | None] = mapped_column(default=False)
    is_global_event_room: Mapped[bool | None] = mapped_column(default=False)
    chat_room_name: Mapped[str | None]
    event_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("events.id", ondelete="CASCADE"), unique=True
    )
    video_channel_id: Mapped[int | None] = linked_to("video_channels.id")


class VideoStreamSchema(Schema):
    # A new one needs one of several links; this is the one in the example.
    example_links = ("rooms",)

    name = fields.Line(required=True)
    url = web_address(required=True)
    password = fields.Str(plain=True, allow_none=True)
    bg_img_url = link(empty=True, allow_none=True)
    additional_information = fields.Str(longest=LONGEST_ANSWER, allow_none=True)
    extra = fields.Nested(StreamOptions, allow_none=True)
    is_chat_enabled = fields.Bool(allow_none=True)
    is_global_event_room = fields.Bool(allow_none=True)
    chat_room_name = fields.Str(dump_only=True)

    event = ToOne("event", inverse="video-stream", inverse_many=False, inverse_or_404=True)
    video_channel = ToOne("video-channel")


VIDEO_STREAM = Resource(
    "video-stream",
    VideoStream,
    VideoStreamSchema,
    path="video-streams",
    policy=stream_rules.POLICY,
    before_write=[stream_rules.one_for_each_event],
    after_write=[stream_rules.be_somewhere],
    conflicts={"uq_video_streams_event_id": stream_rules.TAKEN},
)
