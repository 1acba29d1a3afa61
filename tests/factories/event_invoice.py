"""Event invoices: due ones."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.people.user.user import User
from tests.factories.event import make_event
from tests.factories.user import make_user

_number = count(1)


def attributes() -> dict[str, Any]:
    """What the billed user could send."""
    return {"payment-mode": "transfer"}


def make_event_invoice(
    session: Session, *, event: Event | None = None, user: User | None = None, **values: Any
) -> EventInvoice:
    """An invoice to the user for the event; both are made unless given."""
    defaults = {
        "identifier": f"202611U-{next(_number):06}",
        "amount": 12.5,
        "event_id": (event or make_event(session)).id,
        "user_id": (user or make_user(session)).id,
    }
    invoice = EventInvoice(**{**defaults, **values})
    session.add(invoice)
    session.flush()
    return invoice
