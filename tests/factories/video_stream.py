"""Video streams, of an event; event=None and rooms make some that are shown in rooms."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.microlocation import Microlocation
from chalicelib.resources.video.video_stream.video_stream import VideoStream
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a stream."""
    return {
        "name": f"Main stage {next(_number)}",
        "url": "https://meet.example.org/main-stage",
        "extra": {"autoplay": True, "bbb_options": {"record": True, "muteOnStart": False}},
    }


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """What such a document links: an event."""
    return {"event": ("event", make_event(session))}


def make_video_stream(
    session: Session, *, event: Event | None = None, rooms: Sequence[Microlocation] = (), **values: Any
) -> VideoStream:
    """A stream in these rooms, or of a new event unless one is given."""
    event_id = None if rooms else (event or make_event(session)).id
    row = VideoStream(**{"event_id": event_id, **attributes(), **values})
    session.add(row)
    session.flush()
    for room in rooms:
        session.merge(room).video_stream_id = row.id
    session.flush()
    return row
