"""What people want to be told by e-mail."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.email_notification import EmailNotification
from chalicelib.resources.people.user.user import User
from tests.factories.event import make_event
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """What the user could send to change it."""
    return {"next-event": True, "session-schedule": True}


def make_email_notification(
    session: Session, *, user: User | None = None, event: Event | None = None, **values: Any
) -> EmailNotification:
    """Wishes of a user about an event; both are made unless given."""
    links = {"user_id": (user or make_user(session)).id, "event_id": (event or make_event(session)).id}
    row = EmailNotification(**{**links, **values})
    session.add(row)
    session.flush()
    return row
