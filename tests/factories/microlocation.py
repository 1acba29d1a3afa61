"""Rooms and stages."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.microlocation import Microlocation
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a room."""
    return {
        "name": f"Hall {next(_number)}",
        "floor": 1,
        "latitude": 52.52,
        "longitude": 13.405,
        "capacity": 120,
    }


def make_microlocation(session: Session, *, event: Event | None = None, **values: Any) -> Microlocation:
    """A room, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Microlocation(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
