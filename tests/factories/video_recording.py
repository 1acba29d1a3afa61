"""Recordings."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.video.video_recording import VideoRecording
from chalicelib.resources.video.video_stream.video_stream import VideoStream
from tests.factories.video_stream import make_video_stream


def attributes() -> dict[str, Any]:
    """Nobody sends any."""
    return {}


def make_video_recording(
    session: Session, *, video_stream: VideoStream | None = None, **values: Any
) -> VideoRecording:
    """A recording, of a new stream unless one is given."""
    defaults = {
        "bbb_record_id": "a1b2c3",
        "participants": 17,
        "url": "https://video.example.org/a1b2c3",
        "start_time": clock.now() - timedelta(hours=1),
        "end_time": clock.now(),
        "video_stream_id": (video_stream or make_video_stream(session)).id,
    }
    row = VideoRecording(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
