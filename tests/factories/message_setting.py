"""Kinds of mails, which every database has."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.admin.message_setting import MessageSetting

_number = count()


def attributes() -> dict[str, Any]:
    """What staff could send to change one."""
    return {"enabled": False}


def make_message_setting(session: Session, **values: Any) -> MessageSetting:
    """One of those that are there, with other values if some are given."""
    found = session.query(MessageSetting).order_by(MessageSetting.id).all()
    row = found[next(_number) % len(found)]
    for column, value in values.items():
        setattr(row, column, value)
    session.flush()
    return row
