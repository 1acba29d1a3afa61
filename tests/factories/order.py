"""Orders: one that has just begun, of a new buyer."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order.table import Order, orders_tickets
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories.event import make_event
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """What a client could send to change an order that has just begun."""
    return {"address": "Hafenstraße 5", "city": "Hamburg", "zipcode": "20457", "country": "DE"}


def make_order(
    session: Session,
    *,
    event: Event | None = None,
    user: User | None = None,
    tickets: dict[Ticket, int] | None = None,
    **values: Any,
) -> Order:
    """An order of the user (a new one unless given) for so many of each ticket, at the ticket's price."""
    event = event or make_event(session)
    defaults = {
        "event_id": event.id,
        "currency": event.payment_currency,
        "user_id": (user or make_user(session)).id,
    }
    order = Order(**{**defaults, **values})
    session.add(order)
    session.flush()
    for ticket, quantity in (tickets or {}).items():
        line = {"order_id": order.id, "ticket_id": ticket.id, "quantity": quantity}
        session.execute(orders_tickets.insert().values(**line, price=ticket.price or 0))
    return order
