"""Reviewers: invited ones; reviewing() makes one who has accepted."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.reviews.reviewer import Reviewer
from tests.factories.event import make_event
from tests.factories.user import make_user

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    number = next(_number)
    return {
        "email": f"reviewer.{number}@example.org",
        "name": f"Reviewer {number}",
        "is-active": True,
        "load-limit": 20,
    }


def make_reviewer(
    session: Session, *, event: Event | None = None, user: User | None = None, **values: Any
) -> Reviewer:
    """One, of a new event unless one is given; of an account, if one is given."""
    if user is not None:
        values = {"user_id": user.id, "email": user.email, **values}
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Reviewer(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row


def reviewing(
    session: Session, *, event: Event | None = None, user: User | None = None, **values: Any
) -> Reviewer:
    """A reviewer who has accepted."""
    who = user or make_user(session)
    accepted = {"user_id": who.id, "email": who.email, "status": "accepted"}
    return make_reviewer(session, event=event, **{**accepted, **values})
