"""Bulk mails."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.bulk_mail.bulk_mail import BulkMail, BulkMailRecipient
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {
        "audience": "attendees",
        "subject": f"News {next(_number)} about {{event_name}}",
        "message": "Dear {name},\nthe doors open at nine.",
    }


def make_bulk_mail(session: Session, *, event: Event | None = None, **values: Any) -> BulkMail:
    """One with a recipient, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = BulkMail(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    recipient = {"email": "grace@example.org", "name": "Grace", "state": "skipped", "changed_at": clock.now()}
    session.add(BulkMailRecipient(bulk_mail_id=row.id, **recipient))
    session.flush()
    return row
