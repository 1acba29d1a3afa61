"""Recordings of what happened in a video room. They come from the service; nobody writes them by hand."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.fields import Schema, ToOne, fields
from chalicelib.jsonapi.policy import Policy, nobody, staff
from chalicelib.jsonapi.resource import Resource
from chalicelib.jsonapi.rules import Described, RelatedPasses
from chalicelib.resources.attributes import moment, web_address
from chalicelib.resources.video.stream_rules import ORGANISERS


class VideoRecording(Model):
    __tablename__ = "video_recordings"
    bbb_record_id: Mapped[str | None]
    participants: Mapped[int]
    url: Mapped[str]
    start_time: Mapped[datetime]
    end_time: Mapped[datetime]
    video_stream_id: Mapped[int] = owned_by("video_streams.id")

    __table_args__ = (Index("ix_video_recordings_start_time_id", text("start_time DESC"), "id"),)


class VideoRecordingSchema(Schema):
    bbb_record_id = fields.Str(plain=True)
    participants = fields.Int(required=True)
    url = web_address(required=True)
    start_time = moment(required=True)
    end_time = moment(required=True)
    video_stream = ToOne("video-stream", inverse="video-recordings", required=True)


VIDEO_RECORDING = Resource(
    "video-recording",
    VideoRecording,
    VideoRecordingSchema,
    path="video-recordings",
    offers=frozenset({"list", "read", "delete"}),
    policy=Policy(
        see=Described(RelatedPasses("video_stream", ORGANISERS), "organizers of the stream's event"),
        list=staff,
        create=nobody,
        change=nobody,
        remove=staff,
    ),
    order=["-start_time"],
)
