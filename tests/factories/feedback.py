"""Feedback about events; session_id and event_id=None make some about a session."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.feedback import Feedback
from tests.factories.event import make_event
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """What a client could send to say what they think."""
    return {"rating": 4.5, "comment": "The soldering corner!"}


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """What such a document links: an event and an author."""
    return {"event": ("event", make_event(session)), "user": ("user", make_user(session))}


def make_feedback(
    session: Session, *, event: Event | None = None, user: User | None = None, **values: Any
) -> Feedback:
    """Feedback of a new user about a new event, unless they are given."""
    if "session_id" not in values:
        values = {"event_id": (event or make_event(session)).id, **values}
    row = Feedback(**{"user_id": (user or make_user(session)).id, **attributes(), **values})
    session.add(row)
    session.flush()
    return row
