"""Review phases: one that is open, and takes reviews and comments."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.reviews.review_phase import ReviewPhase
from tests.factories.event import make_event


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {
        "name": "First round",
        "opens-at": "2031-03-01T00:00:00+00:00",
        "closes-at": "2031-03-15T00:00:00+00:00",
        "is-anonymous": True,
        "hidden-fields": ["long-abstract"],
        "reviewers-see": "assigned",
        "allows-reviews": True,
        "allows-discussion": True,
        "others-visible": "after-own",
        "reviews-per-session": 3,
    }


def make_review_phase(session: Session, *, event: Event | None = None, **values: Any) -> ReviewPhase:
    """One, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    now = clock.now()
    times = {"opens_at": now - timedelta(days=1), "closes_at": now + timedelta(days=7)}
    row = ReviewPhase(**{"event_id": (event or make_event(session)).id, **sent, **times, **values})
    session.add(row)
    session.flush()
    return row


def active_phase(session: Session, event_id: int, **values: Any) -> ReviewPhase:
    """The phase of the event that is open, made where there is none."""
    living = session.query(ReviewPhase).filter_by(event_id=event_id).order_by(ReviewPhase.id).first()
    return living or make_review_phase(session, event=session.get_one(Event, event_id), **values)
