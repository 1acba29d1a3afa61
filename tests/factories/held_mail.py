"""Held mails about a decision."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.held_mail import HeldMail
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to change one."""
    return {"subject": "Your session is accepted", "message": "We look forward to it."}


def make_held_mail(session: Session, *, event: Event | None = None, **values: Any) -> HeldMail:
    """One, of a new event unless one is given."""
    defaults = {
        "event_id": (event or make_event(session)).id,
        "recipient": f"speaker.{next(_number)}@example.org",
        "kind": "session_state_change",
        **attributes(),
    }
    row = HeldMail(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
