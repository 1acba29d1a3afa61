"""Video streams: the video room of an event, or of some of its rooms."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, linked_to
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy, unlocked
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import link, web_address
from chalicelib.resources.video.video_stream import rules
from chalicelib.resources.video.video_stream.entering import MAY_ENTER, TEAM
from chalicelib.resources.video.video_stream.meetings import open_meeting
from chalicelib.resources.video.video_stream.options import StreamOptions

POLICY = Policy(
    see=MAY_ENTER | unlocked("video-stream"),
    create=TEAM | rules.FOR_ROOMS,
    change=TEAM,
    remove=TEAM,
)


class VideoStream(Model):
    __tablename__ = "video_streams"
    name: Mapped[str] = attr(fields.Line, required=True)
    url: Mapped[str] = attr(web_address, required=True)
    password: Mapped[str | None] = attr(plain=True)
    bg_img_url: Mapped[str | None] = attr(link, empty=True)
    additional_information: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    extra: Mapped[dict[str, Any] | None] = attr(fields.Nested, StreamOptions)
    is_chat_enabled: Mapped[bool | None] = attr(default=False)
    is_global_event_room: Mapped[bool | None] = attr(default=False)
    chat_room_name: Mapped[str | None] = attr(read_only=True)
    # The meeting at the channel's service, with its passwords: for nobody to read.
    meeting: Mapped[dict[str, Any] | None]
    event_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("events.id", ondelete="CASCADE"), unique=True
    )
    video_channel_id: Mapped[int | None] = linked_to("video_channels.id")


class VideoStreamSchema(Schema):
    # A new one needs one of several relationships; the example has this one.
    example_links = ("rooms",)

    event = ToOne("event", inverse="video-stream", inverse_many=False, inverse_or_404=True)
    video_channel = ToOne("video-channel")


VIDEO_STREAM = Resource(
    "video-stream",
    VideoStream,
    VideoStreamSchema,
    path="video-streams",
    policy=POLICY,
    before_write=[rules.one_for_each_event],
    after_write=[rules.require_event_xor_rooms, open_meeting],
    constraint_errors={"uq_video_streams_event_id": rules.TAKEN},
    shared=True,
)
