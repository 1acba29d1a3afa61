"""Sizes of pictures of events, of which every database has one row."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.admin.event_image_size import EventImageSize


def attributes() -> dict[str, Any]:
    """What staff could send to change it."""
    return {"logo-width": 600}


def make_event_image_size(session: Session, **values: Any) -> EventImageSize:
    """The one row, with other values if some are given."""
    row = session.query(EventImageSize).one()
    for column, value in values.items():
        setattr(row, column, value)
    session.flush()
    return row
