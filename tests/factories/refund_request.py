"""Refund requests: a part of a new payment that its buyer wants back."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.refund_request import RefundRequest
from tests.factories.payment import make_payment


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_refund_request(
    session: Session, *, event: Event | None = None, order: Order | None = None, **values: Any
) -> RefundRequest:
    """A request for 20 of the order's payment (a new one unless given)."""
    payment = make_payment(session, event=event, order=order)
    defaults = {
        "order_id": payment.order_id,
        "event_id": payment.event_id,
        "currency": payment.currency,
        "attendee_ids": [],
        "paid_minor": 5000,
        "percent": 50,
        "fee_minor": 500,
        "amount_minor": 2000,
    }
    row = RefundRequest(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
