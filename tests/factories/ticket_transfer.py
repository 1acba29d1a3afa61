"""Ticket transfers: a sold ticket that is offered to somebody."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.ticket_transfer import TicketTransfer
from tests.factories.attendee import make_attendee
from tests.factories.order import make_order


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_ticket_transfer(
    session: Session,
    *,
    event: Event | None = None,
    order: Order | None = None,
    attendee: Attendee | None = None,
    **values: Any,
) -> TicketTransfer:
    """An open offer of the attendee's ticket (a new one, of a completed order, unless given) by its buyer."""
    if attendee is not None and attendee.order_id is not None:
        order = session.get_one(Order, attendee.order_id)
    order = order or make_order(session, event=event, status="completed")
    attendee = attendee or make_attendee(session, event=session.get_one(Event, order.event_id), order=order)
    defaults = {
        "email": "grace@example.org",
        "from_name": "Ada Lovelace",
        "from_email": "ada@example.org",
        "expires_at": clock.now() + timedelta(days=7),
        "attendee_id": attendee.id,
        "order_id": order.id,
        "event_id": order.event_id,
        "offered_by_id": order.user_id,
        "is_by_buyer": True,
    }
    row = TicketTransfer(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
