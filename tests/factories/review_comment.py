"""Comments of a discussion."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.reviews.review_comment import ReviewComment
from tests.factories.event import make_event
from tests.factories.proposal import make_proposal
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {"text": "Does anybody know whether this was given before?"}


def links(session: Session, event: Event | None = None) -> dict[str, tuple[str, Any]]:
    """What such a document links: a proposal and its event."""
    event = event or make_event(session)
    return {"event": ("event", event), "proposal": ("proposal", make_proposal(session, event=event))}


def make_review_comment(session: Session, *, event: Event | None = None, **values: Any) -> ReviewComment:
    """One, of a new event unless one is given."""
    event = event or make_event(session)
    defaults: dict[str, Any] = {"event_id": event.id, "user_id": make_user(session).id, **attributes()}
    if "session_id" not in values:
        defaults["session_id"] = make_proposal(session, event=event).id
    row = ReviewComment(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
