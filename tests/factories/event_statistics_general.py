"""Events in numbers: one for each event."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from tests.factories.event import make_event


def attributes() -> dict[str, Any]:
    """Nobody sends any."""
    return {}


def make_event_statistics_general(session: Session, **values: Any) -> Event:
    """An event, whose id its numbers share."""
    return make_event(session, **values)
