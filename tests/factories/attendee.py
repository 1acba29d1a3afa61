"""Attendees: people with a ticket of an order."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket

_NAMES = ["Katherine Johnson", "Radia Perlman", "Donald Knuth", "Frances Allen"]
_number = count(1)


def attributes() -> dict[str, Any]:
    """What a buyer could send about an attendee."""
    number = next(_number)
    first, last = _NAMES[number % len(_NAMES)].split()
    return {
        "firstname": first,
        "lastname": last,
        "email": f"{first}.{last}.{number}@example.org".lower(),
        "city": "Rotterdam",
    }


def make_attendee(
    session: Session,
    *,
    event: Event | None = None,
    order: Order | None = None,
    ticket: Ticket | None = None,
    **values: Any,
) -> Attendee:
    """An attendee with a ticket and an order of the same event; what is not given is made."""
    if event is None:
        known = order or ticket
        event = (session.get(Event, known.event_id) if known else None) or make_event(session)
    sent = attributes()
    defaults = {
        "event_id": event.id,
        "order_id": (order or make_order(session, event=event)).id,
        "ticket_id": (ticket or make_ticket(session, event=event)).id,
        "firstname": sent["firstname"],
        "lastname": sent["lastname"],
        "email": sent["email"],
    }
    attendee = Attendee(**{**defaults, **values})
    session.add(attendee)
    session.flush()
    return attendee
