"""Groups of questions."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.faq_type import FaqType
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a FAQ type."""
    return {"name": f"Getting there, part {next(_number)}"}


def make_faq_type(session: Session, *, event: Event | None = None, **values: Any) -> FaqType:
    """A FAQ type, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = FaqType(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
