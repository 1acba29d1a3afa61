"""Refunds: a part of a new payment that went back."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.payment import Payment
from chalicelib.resources.orders.refund import Refund
from tests.factories.payment import make_payment


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_refund(
    session: Session,
    *,
    event: Event | None = None,
    order: Order | None = None,
    payment: Payment | None = None,
    **values: Any,
) -> Refund:
    """A refund of 20 of the payment (a new one unless given)."""
    payment = payment or make_payment(session, event=event, order=order)
    defaults = {
        "payment_id": payment.id,
        "order_id": payment.order_id,
        "event_id": payment.event_id,
        "provider": payment.provider,
        "amount_minor": 2000,
        "currency": payment.currency,
        "state": "succeeded",
        "reason": "requested",
        "completed_at": clock.now(),
    }
    refund = Refund(**{**defaults, **values})
    session.add(refund)
    session.flush()
    return refund
