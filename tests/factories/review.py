"""Reviews: by a reviewer who has accepted, of a pending session in an open phase."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.reviews.review import Review
from chalicelib.resources.reviews.reviewer import Reviewer
from tests.factories.event import make_event
from tests.factories.proposal import make_proposal
from tests.factories.review_assignment import make_review_assignment
from tests.factories.review_phase import active_phase
from tests.factories.reviewer import reviewing


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {"text": "Well structured, and of interest to many.", "scores": [], "is-abstention": False}


def links(session: Session, event: Event | None = None) -> dict[str, tuple[str, Any]]:
    """What such a document links: a proposal and its event."""
    event = event or make_event(session)
    return {
        "event": ("event", event),
        "proposal": ("proposal", make_proposal(session, event=event)),
        "reviewer": ("reviewer", reviewing(session, event=event)),
    }


def make_review(
    session: Session, *, event: Event | None = None, reviewer: Reviewer | None = None, **values: Any
) -> Review:
    """One, of a new event unless one is given."""
    event = event or make_event(session)
    if "reviewer_id" in values:
        reviewer = session.get_one(Reviewer, values["reviewer_id"])
    reviewer = reviewer or reviewing(session, event=event)
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    defaults: dict[str, Any] = {
        "event_id": event.id,
        "phase_id": active_phase(session, event.id).id,
        "reviewer_id": reviewer.id,
        "user_id": reviewer.user_id,
    }
    if "event_id" in values:
        defaults["phase_id"] = active_phase(session, values["event_id"]).id
    if "session_id" not in values:
        defaults["session_id"] = make_review_assignment(session, event=event, reviewer=reviewer).session_id
    row = Review(**{**sent, **defaults, **values})
    session.add(row)
    session.flush()
    return row
