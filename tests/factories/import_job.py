"""Imports of events."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.admin.import_job import ImportJob
from chalicelib.resources.people.user.user import User
from tests.factories.user import make_user

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to note an import."""
    return {
        "task": f"import-{next(_number)}",
        "starts-at": clock.now().isoformat(),
        "result-status": "waiting",
    }


def make_import_job(session: Session, *, user: User | None = None, **values: Any) -> ImportJob:
    """An import, of a new user unless one is given."""
    defaults = {
        "task": attributes()["task"],
        "starts_at": clock.now(),
        "user_id": (user or make_user(session)).id,
    }
    row = ImportJob(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
