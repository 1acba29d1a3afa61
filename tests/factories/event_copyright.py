"""Copyright notices."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.event_copyright import EventCopyright
from tests.factories.event import make_event


def attributes() -> dict[str, Any]:
    """What a client could send to create a notice."""
    return {
        "holder": "Open Tech Association",
        "licence": "Creative Commons Attribution 4.0",
        "licence-url": "https://creativecommons.org/licenses/by/4.0/",
        "year": 2024,
    }


def make_event_copyright(session: Session, *, event: Event | None = None, **values: Any) -> EventCopyright:
    """A notice, of a new event unless one is given; that event must have none yet."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = EventCopyright(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
