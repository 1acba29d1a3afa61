"""Favourite sessions."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.user_favourite_session import UserFavouriteSession
from tests.factories.session import make_session
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """It has nothing but relationships."""
    return {}


def make_user_favourite_session(
    transaction: Session,
    /,
    *,
    user: User | None = None,
    session: programme.Session | None = None,
    **values: Any,
) -> UserFavouriteSession:
    """A new user's favourite among new sessions, unless they are given."""
    talk = session or make_session(transaction)
    defaults = {"user_id": (user or make_user(transaction)).id, "session_id": talk.id}
    row = UserFavouriteSession(**{**defaults, **values})
    transaction.add(row)
    transaction.flush()
    return row
