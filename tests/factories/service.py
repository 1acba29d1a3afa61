"""Services, which every database has."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.access.service import Service

_number = count()


def attributes() -> dict[str, Any]:
    """What staff could send to change one."""
    return {"name": "track"}


def make_service(session: Session, **values: Any) -> Service:
    """One of those that are there, with other values if some are given."""
    found = session.query(Service).order_by(Service.id).all()
    row = found[next(_number) % len(found)]
    for column, value in values.items():
        setattr(row, column, value)
    session.flush()
    return row
