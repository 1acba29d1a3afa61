"""Recordings of video rooms. They come from the service and are read-only."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, nobody, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described, RelatedPasses
from chalicelib.resources.attributes import web_address
from chalicelib.resources.video.video_stream.rules import ORGANIZER_TEAM


class VideoRecording(Model):
    __tablename__ = "video_recordings"
    bbb_record_id: Mapped[str | None] = attr(allow_null=False, plain=True)
    participants: Mapped[int] = attr(required=True)
    url: Mapped[str] = attr(web_address, required=True)
    start_time: Mapped[datetime] = attr(required=True)
    end_time: Mapped[datetime] = attr(required=True)
    video_stream_id: Mapped[int] = owned_by("video_streams.id")

    __table_args__ = (Index("ix_video_recordings_start_time_id", text("start_time DESC"), "id"),)


class VideoRecordingSchema(Schema):
    video_stream = ToOne("video-stream", inverse="video-recordings", required=True)


VIDEO_RECORDING = Resource(
    "video-recording",
    VideoRecording,
    VideoRecordingSchema,
    path="video-recordings",
    methods=frozenset({"list", "read", "delete"}),
    policy=Policy(
        see=Described(RelatedPasses("video_stream", ORGANIZER_TEAM), "organizers of the stream's event"),
        list=staff,
        create=nobody,
        change=nobody,
        remove=staff,
    ),
    order=["-start_time"],
)
