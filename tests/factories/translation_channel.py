"""Where a video room can be heard in another language."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.video.translation_channel import TranslationChannel
from chalicelib.resources.video.video_stream.video_stream import VideoStream
from tests.factories.video_channel import make_video_channel
from tests.factories.video_stream import make_video_stream


def attributes() -> dict[str, Any]:
    """What a client could send to create a translation channel."""
    return {"name": "Français", "url": "https://meet.example.org/main-stage-fr"}


def make_translation_channel(
    session: Session, *, video_stream: VideoStream | None = None, **values: Any
) -> TranslationChannel:
    """A translation, of a new stream unless one is given."""
    stream = video_stream or make_video_stream(session)
    defaults = {"video_stream_id": stream.id, "channel_id": make_video_channel(session).id}
    row = TranslationChannel(**{**defaults, **attributes(), **values})
    session.add(row)
    session.flush()
    return row
