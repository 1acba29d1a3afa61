"""Review criteria."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.reviews.review_criterion import ReviewCriterion
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {
        "name": f"Relevance {next(_number)}",
        "description": "For our audience",
        "weight": 2.0,
        "minimum": 1.0,
        "maximum": 5.0,
        "is-required": False,
        "position": 1,
    }


def make_review_criterion(session: Session, *, event: Event | None = None, **values: Any) -> ReviewCriterion:
    """One, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = ReviewCriterion(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
