"""Meetings of video rooms: created at the channel's service with the room, and ended on demand.

The meeting's id and passwords stay with the stream for good, so creating it again is harmless: whoever joins
does so. If a meeting is created and the stream is not, the service drops it, as nobody joins it.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.http_client import Deadline
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.video import big_blue_button
from chalicelib.resources.video.big_blue_button import Meeting, Server
from chalicelib.resources.video.services import CHANNEL, ask_service, meeting_in, new_meeting, server_of
from chalicelib.resources.video.video_channel import VideoChannel


def open_meeting(context: Context, change: Change) -> None:
    """Hook: create the meeting of a stream that has just got this channel; end a running one on demand."""
    row = change.row
    options = options_in(row.extra)
    joined = change.is_new or "video_channel_id" in change.before
    ends = "extra" in change.sent and big_blue_button.ends_current_meeting(options)
    channel = context.session.get(VideoChannel, row.video_channel_id) if row.video_channel_id else None
    if channel is None or not (joined or ends):
        return
    server = server_of(channel.provider, channel.api_url, channel.api_key, pointer=CHANNEL)
    if server is None:
        return
    meeting = meeting_in(row.meeting)
    if joined:
        create = _creating(server, meeting, row.name, options)
        told = ask_service(context, f"create {channel.id}", create, pointer=CHANNEL)
        row.meeting = told.stored()
    elif meeting is not None:
        known = meeting

        def end() -> None:
            big_blue_button.end_if_running(server, known, Deadline())

        ask_service(context, f"end {channel.id}", end, pointer=CHANNEL)


def options_in(extra: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """BigBlueButton's options in the attribute `extra` of a stream."""
    return (extra or {}).get("bbb_options") or {}


def _creating(server: Server, meeting: Meeting | None, name: str, options: Mapping[str, Any]) -> Any:
    def create() -> Meeting:
        return big_blue_button.create(server, meeting or new_meeting(), name, options, Deadline())

    return create
