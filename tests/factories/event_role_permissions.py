"""Rights of roles, which every database has."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.access.event_role_permissions import EventRolePermissions

_number = count()


def attributes() -> dict[str, Any]:
    """What staff could send to change one."""
    return {"can-delete": False}


def make_event_role_permissions(session: Session, **values: Any) -> EventRolePermissions:
    """One of those that are there, with other values if some are given."""
    found = session.query(EventRolePermissions).order_by(EventRolePermissions.id).all()
    row = found[next(_number) % len(found)]
    for column, value in values.items():
        setattr(row, column, value)
    session.flush()
    return row
