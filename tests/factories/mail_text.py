"""What an event's team says in a kind of mail."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.mail_text import PLACEHOLDERS, MailText
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a text; for each another kind."""
    number = next(_number)
    return {
        "kind": list(PLACEHOLDERS)[number % len(PLACEHOLDERS)],
        "language": "en",
        "subject": f"{{event}} says hello, no. {number}",
        "message": "Bring a mug to {event}.\n{text}",
    }


def make_mail_text(session: Session, *, event: Event | None = None, **values: Any) -> MailText:
    """A text, of a new event unless one is given."""
    row = MailText(**{"event_id": (event or make_event(session)).id, **attributes(), **values})
    session.add(row)
    session.flush()
    return row
