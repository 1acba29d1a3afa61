"""Sessions: accepted ones, so that everybody sees them."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.session import session as sessions
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a session."""
    return {
        "title": f"How we moved {next(_number)} servers into a cupboard",
        "short-abstract": "A story in three acts.",
        "language": "English",
        "level": "Beginner",
    }


def make_session(session: Session, *, event: Event | None = None, **values: Any) -> sessions.Session:
    """A session, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = sessions.Session(
        **{"event_id": (event or make_event(session)).id, "state": "accepted", **sent, **values}
    )
    session.add(row)
    session.flush()
    return row
