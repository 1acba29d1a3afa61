"""Threads of the programme."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.track import Track
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a track."""
    return {"name": f"Open Hardware {next(_number)}", "description": "Soldering included", "color": "#1f6feb"}


def make_track(session: Session, *, event: Event | None = None, **values: Any) -> Track:
    """A track, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Track(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
