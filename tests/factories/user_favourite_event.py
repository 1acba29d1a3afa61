"""Events that people have marked."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.people.user_favourite_event import UserFavouriteEvent
from tests.factories.event import make_event
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """It has nothing but relationships."""
    return {}


def make_user_favourite_event(
    session: Session, *, user: User | None = None, event: Event | None = None, **values: Any
) -> UserFavouriteEvent:
    """A favourite; the user and the event are made unless given."""
    links = {"user_id": (user or make_user(session)).id, "event_id": (event or make_event(session)).id}
    row = UserFavouriteEvent(**{**links, **values})
    session.add(row)
    session.flush()
    return row
