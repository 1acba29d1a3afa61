"""Review teams."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.reviews.review_team import ReviewTeam
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {"name": f"Review team {next(_number)}", "description": "As announced"}


def make_review_team(session: Session, *, event: Event | None = None, **values: Any) -> ReviewTeam:
    """One, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = ReviewTeam(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
