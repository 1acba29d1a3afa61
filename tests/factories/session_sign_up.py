"""Sign-ups for sessions."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.session_sign_up import SessionSignUp
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.session import make_session


def attributes() -> dict[str, Any]:
    """It has nothing but relationships: the state follows."""
    return {}


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """A session with places, and an attendee whose ticket admits to its event."""
    event = make_event(session)
    order = make_order(session, event=event, status="completed")
    return {
        "session": ("session", make_session(session, event=event, sign_up_places=10)),
        "attendee": ("attendee", make_attendee(session, event=event, order=order)),
    }


def make_session_sign_up(
    transaction: Session,
    /,
    *,
    event: Event | None = None,
    session: programme.Session | None = None,
    attendee: Attendee | None = None,
    **values: Any,
) -> SessionSignUp:
    """Somebody joins the line of a session with ten places; what is not given is made."""
    known = session or attendee
    if event is None:
        event = (transaction.get(Event, known.event_id) if known else None) or make_event(transaction)
    session = session or make_session(transaction, event=event, sign_up_places=10)
    if attendee is None:
        order = make_order(transaction, event=event, status="completed")
        attendee = make_attendee(transaction, event=event, order=order)
    linked = {"event_id": event.id, "session_id": session.id, "attendee_id": attendee.id}
    row = SessionSignUp(**{**linked, **values})
    transaction.add(row)
    transaction.flush()
    transaction.refresh(row)  # the database has given it a place
    return row
