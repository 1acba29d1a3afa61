"""Proposals: pending sessions of an event with an open review phase."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.session import session as programme
from tests.factories.event import make_event
from tests.factories.review_phase import active_phase
from tests.factories.session import make_session


def make_proposal(session: Session, *, event: Event | None = None, **values: Any) -> programme.Session:
    """A pending session, of a new event unless one is given."""
    event = event or make_event(session)
    active_phase(session, event.id)
    return make_session(session, event=event, **{"state": "pending", "submitted_at": clock.now(), **values})
