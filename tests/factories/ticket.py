"""Tickets: free ones, on sale until the event begins."""

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a ticket."""
    now = clock.now().replace(microsecond=0)
    return {
        "name": f"Early bird {next(_number)}",
        "type": "free",
        "quantity": 50,
        "sales-starts-at": now.isoformat(),
        "sales-ends-at": (now + timedelta(days=20)).isoformat(),
    }


def make_ticket(session: Session, *, event: Event | None = None, **values: Any) -> Ticket:
    """A ticket, of a new event unless one is given."""
    now = clock.now().replace(microsecond=0)
    defaults = {
        "event_id": (event or make_event(session)).id,
        "name": attributes()["name"],
        "type": "free",
        "quantity": 50,
        "sales_starts_at": now,
        "sales_ends_at": now + timedelta(days=20),
    }
    ticket = Ticket(**{**defaults, **values})
    session.add(ticket)
    session.flush()
    return ticket
