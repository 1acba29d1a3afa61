"""The settings, of which every database has one row."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.admin.setting import Setting


def attributes() -> dict[str, Any]:
    """What staff could send to change it."""
    return {"app-name": "Harbour Events", "tagline": "Where the harbour meets"}


def make_setting(session: Session, **values: Any) -> Setting:
    """The one row, with other values if some are given."""
    row = session.query(Setting).one()
    for column, value in values.items():
        setattr(row, column, value)
    session.flush()
    return row
