"""Joining a BigBlueButton room: the meeting is created if need be, and the address lets one person in."""

from typing import Any, Final

from chalicelib import db
from chalicelib.docs.documented import documented
from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.errors import bad_parameter, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.video import big_blue_button
from chalicelib.resources.video.big_blue_button import Meeting, Server
from chalicelib.resources.video.display_name import ANONYMOUS, display_name
from chalicelib.resources.video.services import COUNTED, ask_service, meeting_in, new_meeting, server_of
from chalicelib.resources.video.video_stream.entering import MODERATES, event_is_there
from chalicelib.resources.video.video_stream.meetings import options_in

# What joining needs to know, of a stream whose event is in no trash. $4 is the viewer, $5 their profile.
_ROOM: Final = f"""(
  SELECT json_build_object(
    'name', video_stream.name, 'extra', video_stream.extra, 'meeting', video_stream.meeting,
    'provider', channel.provider, 'api_url', channel.api_url, 'secret', channel.api_key,
    'full_name', {display_name("$4::bigint", "$5::bigint")}
  )
  FROM (SELECT video_stream.video_channel_id AS id WHERE {event_is_there("video_stream")}) chosen
  LEFT JOIN video_channels channel ON channel.id = chosen.id
)"""  # noqa: S608 - no user input
# Two who join at once agree on one meeting.
_RESERVE: Final = """
UPDATE video_streams SET meeting = coalesce(meeting, $2::jsonb) WHERE id = $1 RETURNING meeting
"""
_KEEP: Final = "UPDATE video_streams SET meeting = $2::jsonb WHERE id = $1"


@action("GET", "/v1/video-streams/{id}/join", lenient=True, secret=True, limited_by=(COUNTED,), acts=True)
@documented(
    who="owner, organizers and coorganizers of the event, moderators of the room, speakers of accepted or "
    "confirmed sessions, and attendees whose order is placed or completed",
    path={"id": "97"},
    response={
        "url": "https://bbb.example.org/bigbluebutton/api/join?fullName=Ada&meetingID=17&checksum=4c2f"
    },
    errors=(400, 401, 404, 429, 502),
)
def join_video_stream(context: Context, id: str) -> Answer:
    """{url}: joins the meeting as a moderator (the event's team, moderators of the room) or an attendee.

    Raises Problem 400 unless the room is at BigBlueButton; 404; 502 or 503 when that does not answer.
    """
    context.demand_account()
    me = [context.viewer.id, context.viewer.profile_id]
    found = visible(context, "video-stream", id, _ROOM, me, rule=MODERATES)
    room = found.value
    if room is None:
        raise not_found(f"There is no video stream {id}.")
    server = server_of(room["provider"], room["api_url"], room["secret"])
    if server is None:
        raise bad_parameter("id", "Joining is for rooms at BigBlueButton; this one has a link.")
    kept = meeting_in(room["meeting"])
    meeting = ask_service(context, "create", lambda: _created(server, found.id, kept, room))
    if meeting != kept:
        db.fetch(context.session, _KEEP, [found.id, meeting.stored()])
    full_name = room["full_name"] or ANONYMOUS
    url = big_blue_button.join_address(server, meeting, full_name, moderates=found.passes)
    return plain({"url": url})


def _created(server: Server, stream_id: int, kept: Meeting | None, room: dict[str, Any]) -> Meeting:
    if kept is None:
        with db.transaction() as session:
            rows = db.fetch(session, _RESERVE, [stream_id, new_meeting().stored()])
        kept = meeting_in(rows[0][0] if rows else None) or new_meeting()
    return big_blue_button.create(server, kept, room["name"], options_in(room["extra"]), Deadline())
