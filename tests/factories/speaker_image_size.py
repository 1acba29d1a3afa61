"""Sizes of pictures of people, of which every database has one row."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.admin.speaker_image_size import SpeakerImageSize


def attributes() -> dict[str, Any]:
    """What staff could send to change it."""
    return {"small-size-width-height": 60}


def make_speaker_image_size(session: Session, **values: Any) -> SpeakerImageSize:
    """The one row, with other values if some are given."""
    row = session.query(SpeakerImageSize).one()
    for column, value in values.items():
        setattr(row, column, value)
    session.flush()
    return row
