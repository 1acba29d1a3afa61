"""Review assignments."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.reviews.review_assignment import ReviewAssignment
from chalicelib.resources.reviews.reviewer import Reviewer
from tests.factories.event import make_event
from tests.factories.proposal import make_proposal
from tests.factories.review_phase import active_phase
from tests.factories.reviewer import reviewing


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {}


def links(session: Session, event: Event | None = None) -> dict[str, tuple[str, Any]]:
    """What such a document links: all of one event."""
    event = event or make_event(session)
    return {
        "event": ("event", event),
        "proposal": ("proposal", make_proposal(session, event=event)),
        "phase": ("review-phase", active_phase(session, event.id)),
        "reviewer": ("reviewer", reviewing(session, event=event)),
    }


def make_review_assignment(
    session: Session, *, event: Event | None = None, reviewer: Reviewer | None = None, **values: Any
) -> ReviewAssignment:
    """One, of a new event unless one is given."""
    event = event or make_event(session)
    reviewer = reviewer or reviewing(session, event=event)
    defaults: dict[str, Any] = {
        "event_id": event.id,
        "phase_id": active_phase(session, event.id).id,
        "reviewer_id": reviewer.id,
        "user_id": reviewer.user_id,
        "is_told": False,
    }
    if "session_id" not in values:
        defaults["session_id"] = make_proposal(session, event=event).id
    row = ReviewAssignment(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
