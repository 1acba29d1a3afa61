"""Moderators of video rooms."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.video.video_stream.video_stream import VideoStream
from chalicelib.resources.video.video_stream_moderator import VideoStreamModerator
from tests.factories.video_stream import make_video_stream

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to name a moderator."""
    return {"email": f"moderator.{next(_number)}@example.org"}


def make_video_stream_moderator(
    session: Session, *, video_stream: VideoStream | None = None, **values: Any
) -> VideoStreamModerator:
    """A moderator, of a new stream unless one is given."""
    stream = video_stream or make_video_stream(session)
    row = VideoStreamModerator(**{"video_stream_id": stream.id, **attributes(), **values})
    session.add(row)
    session.flush()
    return row
