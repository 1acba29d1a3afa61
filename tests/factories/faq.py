"""Frequently asked questions."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.faq import Faq
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a FAQ."""
    return {"question": f"Is door {next(_number)} step-free?", "answer": "Yes, with a lift to all floors."}


def make_faq(session: Session, *, event: Event | None = None, **values: Any) -> Faq:
    """A FAQ, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Faq(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
