"""Review results: those of a session that was reviewed once."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.session import session as programme
from tests.factories.review import make_review


def make_review_result(session: Session, *, event: Event | None = None, **_values: Any) -> programme.Session:
    """The session, whose id is that of its result."""
    review = make_review(session, event=event)
    return session.get_one(programme.Session, review.session_id)
