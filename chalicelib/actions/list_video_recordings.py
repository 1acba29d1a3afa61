"""The recordings of a room: the service is asked for new ones first, by those who may list them."""

from datetime import datetime
from typing import Final

from chalicelib import db
from chalicelib.docs.documented import READING, documented
from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import related_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.video import big_blue_button
from chalicelib.resources.video.big_blue_button import Recording
from chalicelib.resources.video.services import COUNTED, ask_service, meeting_in, server_of
from chalicelib.resources.video.video_stream.rules import ORGANIZER_TEAM

_ROOM: Final = """(
  SELECT json_build_object(
    'meeting', video_stream.meeting,
    'provider', channel.provider, 'api_url', channel.api_url, 'secret', channel.api_key
  ) FROM video_channels channel WHERE channel.id = video_stream.video_channel_id
)"""
_STORE: Final = """
INSERT INTO video_recordings (bbb_record_id, url, participants, start_time, end_time, video_stream_id)
SELECT record_id, url, participants, start_time, end_time, $1
FROM unnest($2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[])
  AS told (record_id, url, participants, start_time, end_time)
ON CONFLICT (video_stream_id, bbb_record_id) DO NOTHING
"""


@action(
    "GET",
    "/v1/video-streams/{id}/video-recordings",
    lenient=True,
    documents=True,
    limited_by=(COUNTED,),
    acts=True,
)
@documented(
    who="owner and organizers of the event",
    many="video-recording",
    open=True,
    errors=(*READING, 429, 502),
)
def list_video_recordings(context: Context, id: str) -> Answer:
    """As a list of video recordings, once the room's new ones are stored. Raises Problem 404, 502, 503."""
    stream = context.registry["video-stream"]
    if context.viewer.id is not None:
        found = visible(context, "video-stream", id, _ROOM, rule=ORGANIZER_TEAM)
        room = found.value or {}
        meeting = meeting_in(room.get("meeting"))
        server = server_of(room.get("provider"), room.get("api_url"), room.get("secret"))
        if found.passes and meeting is not None and server is not None:
            known = server, meeting
            told = ask_service(
                context, "getRecordings", lambda: big_blue_button.recordings(*known, Deadline())
            )
            _store(context, found.id, told)
    return related_answer(context, stream, id, context.registry.relation(stream, "video-recordings"))


def _store(context: Context, stream_id: int, told: list[Recording]) -> None:
    if not told:
        return
    times: tuple[list[datetime], list[datetime]] = (
        [recording.starts_at for recording in told],
        [recording.ends_at for recording in told],
    )
    ids, urls, people = (
        [recording.id for recording in told],
        [recording.url for recording in told],
        [recording.participants for recording in told],
    )
    db.fetch(context.session, _STORE, [stream_id, ids, urls, people, *times])
