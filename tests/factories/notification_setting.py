"""Kinds of notifications, which every database has."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.people.notification_setting import NotificationSetting

_number = count()


def attributes() -> dict[str, Any]:
    """What staff could send to change one."""
    return {"enabled": False}


def make_notification_setting(session: Session, **values: Any) -> NotificationSetting:
    """One of those that are there, with other values if some are given."""
    found = session.query(NotificationSetting).order_by(NotificationSetting.id).all()
    row = found[next(_number) % len(found)]
    for column, value in values.items():
        setattr(row, column, value)
    session.flush()
    return row
