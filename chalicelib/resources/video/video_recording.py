"""Recordings of video rooms. They come from the service and are read-only."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.http_client import Deadline
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, nobody, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described, RelatedPasses
from chalicelib.resources.attributes import web_address
from chalicelib.resources.value_fields import Key
from chalicelib.resources.video import big_blue_button
from chalicelib.resources.video.services import ask_service, server_of
from chalicelib.resources.video.video_channel import VideoChannel
from chalicelib.resources.video.video_stream.rules import ORGANIZER_TEAM
from chalicelib.resources.video.video_stream.video_stream import VideoStream


class VideoRecording(Model):
    __tablename__ = "video_recordings"
    bbb_record_id: Mapped[str | None] = attr(Key, allow_null=False)
    participants: Mapped[int] = attr(required=True)
    url: Mapped[str] = attr(web_address, required=True)
    start_time: Mapped[datetime] = attr(required=True)
    end_time: Mapped[datetime] = attr(required=True)
    video_stream_id: Mapped[int] = owned_by("video_streams.id")

    __table_args__ = (
        Index("ix_video_recordings_start_time_id", text("start_time DESC"), "id"),
        Index("uq_video_recordings_record", "video_stream_id", "bbb_record_id", unique=True),
    )


class VideoRecordingSchema(Schema):
    video_stream = ToOne("video-stream", inverse="video-recordings", required=True)


def delete_at_service(context: Context, change: Change) -> None:
    """Hook: a recording is deleted at the channel's service first. Raises Problem 422, 502, 503."""
    row = change.row
    stream = context.session.get(VideoStream, row.video_stream_id)
    channel_id = stream.video_channel_id if stream is not None else None
    channel = context.session.get(VideoChannel, channel_id) if channel_id is not None else None
    if channel is None or row.bbb_record_id is None:
        return
    server = server_of(channel.provider, channel.api_url, channel.api_key, pointer="/data")
    record_id = row.bbb_record_id
    if server is None:
        return

    def delete() -> None:
        big_blue_button.delete_recording(server, record_id, Deadline())

    ask_service(context, f"deleteRecordings {record_id}", delete, pointer="/data")


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
    before_delete=[delete_at_service],
    order=["-start_time"],
)
