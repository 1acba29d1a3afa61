"""Services that video rooms run on."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.video.video_channel import VideoChannel


def attributes() -> dict[str, Any]:
    """What staff could send to create a channel."""
    return {
        "name": "Jitsi Meet",
        "provider": "jitsi",
        "url": "https://meet.example.org",
        "api-key": "only-staff-sees-this",
    }


def make_video_channel(session: Session, **values: Any) -> VideoChannel:
    """A channel."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = VideoChannel(**{**sent, **values})
    session.add(row)
    session.flush()
    return row
