"""Conflicts of interest."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.reviews.review_conflict import ReviewConflict
from tests.factories.event import make_event
from tests.factories.proposal import make_proposal
from tests.factories.reviewer import reviewing


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {"reason": "We work together"}


def links(session: Session, event: Event | None = None) -> dict[str, tuple[str, Any]]:
    """What such a document links: all of one event."""
    event = event or make_event(session)
    return {
        "event": ("event", event),
        "proposal": ("proposal", make_proposal(session, event=event)),
        "reviewer": ("reviewer", reviewing(session, event=event)),
    }


def make_review_conflict(session: Session, *, event: Event | None = None, **values: Any) -> ReviewConflict:
    """One, of a new event unless one is given."""
    event = event or make_event(session)
    defaults: dict[str, Any] = {"event_id": event.id, "reason": "We work together"}
    if "session_id" not in values:
        defaults["session_id"] = make_proposal(session, event=event).id
    if "reviewer_id" not in values:
        defaults["reviewer_id"] = reviewing(session, event=event).id
    row = ReviewConflict(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
