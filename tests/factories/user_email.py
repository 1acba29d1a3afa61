"""Further e-mail addresses."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.people.user.user import User
from chalicelib.resources.people.user_email import UserEmail
from tests.factories.user import make_user

_number = count(1)


def attributes() -> dict[str, Any]:
    """What somebody could send to add an address."""
    return {"email-address": f"office{next(_number)}@example.org", "type": "work"}


def make_user_email(session: Session, *, user: User | None = None, **values: Any) -> UserEmail:
    """An address, of a new user unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = UserEmail(**{"user_id": (user or make_user(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
