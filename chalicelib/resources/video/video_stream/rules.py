"""Video rooms: that each belongs to one event, and who lists recordings."""

from chalicelib import db
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import logged_in, where_sql
from chalicelib.resources.events.one_per_event import has_another
from chalicelib.resources.video.video_stream.entering import team

TAKEN = ("/data/relationships/event", "The event has a video room already.")


ORGANIZER_TEAM = team(ORGANIZERS, "owner and organizers of its event")
# Its rooms are linked after the row is there: whether they may be is asked of each room.
FOR_ROOMS = logged_in & where_sql(sql(ROW["event_id"], " IS NULL"), "for rooms of one's own")


def one_for_each_event(context: Context, change: Change) -> None:
    """An event has one video room of its own."""
    row = change.row
    matters = row.event_id is not None and (change.is_new or "event_id" in change.before)
    if matters and has_another(context.session, row):
        pointer, sentence = TAKEN
        raise conflict(sentence, pointer)


def require_event_xor_rooms(context: Context, change: Change) -> None:
    """A stream belongs either to an event or to rooms."""
    row = change.row
    in_rooms = bool(
        db.fetch(context.session, "SELECT 1 FROM microlocations WHERE video_stream_id = $1 LIMIT 1", [row.id])
    )
    if in_rooms == (row.event_id is not None):
        raise invalid("A video stream needs an event or rooms, and not both.", "/data/relationships/rooms")


def require_rooms_of_one_event(context: Context, change: Change) -> None:
    """Hook of rooms: the rooms of a stream belong to one event."""
    room = change.row
    if room.video_stream_id is None:
        return
    if not change.is_new and not {"video_stream_id", "event_id"} & change.before.keys():
        return
    elsewhere = db.fetch(
        context.session,
        "SELECT 1 FROM microlocations "
        "WHERE video_stream_id = $1 AND event_id <> $2 AND id IS DISTINCT FROM $3::bigint "
        "UNION ALL SELECT 1 FROM video_streams WHERE id = $1 AND event_id <> $2",
        [room.video_stream_id, room.event_id, room.id],
        flush=False,
    )
    if elsewhere:
        raise forbidden("A video stream is shown in rooms of one event.", "/data/relationships/video-stream")
