"""An event's Chatmosphere room: its name and URL are public; its team can change it here too."""

from dataclasses import replace

from chalicelib import db
from chalicelib.docs.documented import CHANGING, READING, REMOVING, documented
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import delete_answer, detail_answer, update_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible

_FIELDS = (("fields[video-stream]", "name,url"),)


@action("GET", "/v1/events/{id}/chatmosphere", lenient=True, documents=True)
@documented(
    who="whoever sees the event", open=True, one="video-stream", fields=("name", "url"), errors=READING
)
def show_chatmosphere(context: Context, id: str) -> Answer:
    """The video stream, with these two attributes. Raises Problem 404 unless the event has such a room."""
    stream_id = _room_of(context, id)
    knowing = replace(context.viewer, unlocked={"video-stream": frozenset({stream_id})})
    return detail_answer(
        context.acting_as(knowing).asking(query=_FIELDS), context.registry["video-stream"], str(stream_id)
    )


@action("PATCH", "/v1/events/{id}/chatmosphere", lenient=True, documents=True)
@documented(who="owner, organizers and coorganizers of the event", changes="video-stream", errors=CHANGING)
def change_chatmosphere(context: Context, id: str) -> Answer:
    """As PATCH of the video stream itself."""
    return update_answer(context, context.registry["video-stream"], str(_room_of(context, id)))


@action("DELETE", "/v1/events/{id}/chatmosphere", lenient=True, documents=True)
@documented(
    who="owner, organizers and coorganizers of the event",
    removes="video-stream",
    path={"id": "1"},
    errors=REMOVING,
)
def remove_chatmosphere(context: Context, id: str) -> Answer:
    """As DELETE of the video stream itself."""
    return delete_answer(context, context.registry["video-stream"], str(_room_of(context, id)))


def _room_of(context: Context, id: str) -> int:
    rows = db.fetch(
        context.session,
        "SELECT stream.id FROM video_streams stream "
        "JOIN video_channels channel ON channel.id = stream.video_channel_id "
        "WHERE stream.event_id = $1 AND channel.provider = 'chatmosphere'",
        [visible(context, "event", id).id],
    )
    if not rows:
        raise not_found("This event has no Chatmosphere room.")
    stream_id: int = rows[0][0]
    return stream_id
