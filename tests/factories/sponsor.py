"""Sponsors."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.sponsor import Sponsor
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a sponsor."""
    return {
        "name": f"Harbour Bank {next(_number)}",
        "description": "Since 1873",
        "url": "https://bank.example.org",
        "level": 1,
        "type": "Gold",
    }


def make_sponsor(session: Session, *, event: Event | None = None, **values: Any) -> Sponsor:
    """A sponsor, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Sponsor(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
