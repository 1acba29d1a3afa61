"""Entries of the mail log."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.admin.mail import Mail

_number = count(1)


def attributes() -> dict[str, Any]:
    """Nobody sends these; this is what the system would write."""
    return {
        "recipient": f"ada{next(_number)}@example.org",
        "action": "user_confirmation",
        "subject": "Please confirm your e-mail address",
        "message": "Welcome!",
    }


def make_mail(session: Session, **values: Any) -> Mail:
    """A mail that was sent just now."""
    event = values.pop("event", None)
    row = Mail(**{**attributes(), "event_id": event and event.id, **values})
    session.add(row)
    session.flush()
    return row
