"""Whether an event has video rooms, and whether the viewer may enter them. Asked for each event page."""

from typing import Final

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.video.video_stream.entering import MAY_ENTER_AT

_EXISTS: Final = """(
  EXISTS (SELECT FROM video_streams stream WHERE stream.event_id = event.id)
  OR EXISTS (
    SELECT FROM microlocations room
    WHERE room.event_id = event.id AND room.deleted_at IS NULL AND room.video_stream_id IS NOT NULL
  )
)"""


@action("GET", "/v1/events/{id}/has-streams", lenient=True)
@documented(
    who="whoever sees the event",
    open=True,
    response={"exists": True, "can_access": False},
    errors=(401, 404),
)
def show_video_access(context: Context, id: str) -> Answer:
    """{exists, can_access}: the event has a stream of its own or in a room, and the viewer may enter.

    Raises Problem 404.
    """
    found = visible(context, "event", id, _EXISTS, rule=MAY_ENTER_AT)
    return plain({"exists": found.value, "can_access": found.value and found.passes})
