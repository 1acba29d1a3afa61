"""What a session can be."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.session_type import SessionType
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a session type."""
    return {"name": f"Short talk {next(_number)}", "length": "00:20"}


def make_session_type(session: Session, *, event: Event | None = None, **values: Any) -> SessionType:
    """A session type, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = SessionType(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
