"""User permissions beside those that every database has."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.access.user_permission import UserPermission

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create a permission."""
    return {"name": f"import_event_{next(_number)}", "description": "May import", "unverified-user": True}


def make_user_permission(session: Session, **values: Any) -> UserPermission:
    """A permission."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = UserPermission(**{**sent, **values})
    session.add(row)
    session.flush()
    return row
