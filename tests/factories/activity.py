"""Entries of the audit trail."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.admin.activity import Activity

_number = count(1)


def attributes() -> dict[str, Any]:
    """Nobody sends activities; this is what the system would write."""
    return {"actor": f"organizer{next(_number)}@example.org", "action": "Created the event Harbour Jazz Days"}


def make_activity(session: Session, **values: Any) -> Activity:
    """Something that somebody did just now."""
    row = Activity(**{**attributes(), **values})
    session.add(row)
    session.flush()
    return row
