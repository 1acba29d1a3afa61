"""Payments: one that was made to the organizer directly, for a new order."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.payment import Payment
from tests.factories.order import make_order


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_payment(
    session: Session, *, event: Event | None = None, order: Order | None = None, **values: Any
) -> Payment:
    """A payment of 50 for the order (a new one of the event unless given)."""
    order = order or make_order(session, event=event, status="completed", amount=50)
    defaults = {
        "order_id": order.id,
        "event_id": order.event_id,
        "provider": "offline",
        "mode": "bank",
        "amount_minor": 5000,
        "currency": order.currency or "USD",
        "state": "succeeded",
        "paid_at": clock.now(),
    }
    payment = Payment(**{**defaults, **values})
    session.add(payment)
    session.flush()
    return payment
