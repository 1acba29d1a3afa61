"""System roles beside those that every database has."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.access.custom_system_role import CustomSystemRole

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create a system role."""
    return {"name": f"Press desk {next(_number)}"}


def make_custom_system_role(session: Session, **values: Any) -> CustomSystemRole:
    """A system role."""
    row = CustomSystemRole(**{**attributes(), **values})
    session.add(row)
    session.flush()
    return row
