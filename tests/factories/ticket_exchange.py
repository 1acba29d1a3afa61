"""Ticket exchanges: a sold ticket that is replaced by the one of another order."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.ticket_exchange import TicketExchange
from tests.factories.attendee import make_attendee
from tests.factories.order import make_order


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_ticket_exchange(
    session: Session,
    *,
    event: Event | None = None,
    order: Order | None = None,
    attendee: Attendee | None = None,
    new_order: Order | None = None,
    **values: Any,
) -> TicketExchange:
    """An exchange of the attendee's ticket (a new one, of a completed order, unless given) by its buyer, for
    that of another order, which waits for its payment.
    """
    if attendee is not None and attendee.order_id is not None:
        order = session.get_one(Order, attendee.order_id)
    order = order or make_order(session, event=event, status="completed")
    of_event = session.get_one(Event, order.event_id)
    attendee = attendee or make_attendee(session, event=of_event, order=order)
    new_order = new_order or make_order(session, event=of_event, credit_minor=5000)
    defaults = {
        "currency": "EUR",
        "credit_minor": 5000,
        "attendee_id": attendee.id,
        "order_id": order.id,
        "new_order_id": new_order.id,
        "event_id": order.event_id,
        "asked_by_id": order.user_id,
        "is_by_buyer": True,
    }
    row = TicketExchange(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
