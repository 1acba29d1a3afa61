"""Ticket pools: a hall of fifty seats."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.tickets.ticket_pool import TicketPool
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a pool."""
    return {"name": f"Great hall {next(_number)}", "quantity": 50}


def make_ticket_pool(session: Session, *, event: Event | None = None, **values: Any) -> TicketPool:
    """A pool, of a new event unless one is given."""
    defaults = {"event_id": (event or make_event(session)).id, **attributes()}
    pool = TicketPool(**{**defaults, **values})
    session.add(pool)
    session.flush()
    return pool
