"""Credit notes: of a new invoice, as long as it is."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.credit_note import CreditNote
from chalicelib.resources.orders.order.order import Order
from chalicelib.resources.orders.payment.invoice import Invoice
from tests.factories.order import make_order

ISSUED_AT = datetime(2031, 5, 3, 9, tzinfo=UTC)


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_credit_note(
    session: Session, *, event: Event | None = None, order: Order | None = None, **values: Any
) -> CreditNote:
    """A credit note of 20 of the order's invoice of 50 (both new ones unless given)."""
    order = order or make_order(session, event=event, status="completed", amount=50)
    invoice = Invoice(
        order_id=order.id, seller="7", year=2031, sequence=0, issued_at=ISSUED_AT, content={"total": "50.00"}
    )
    session.add(invoice)
    session.flush()
    defaults = {
        "invoice_id": invoice.id,
        "order_id": order.id,
        "event_id": order.event_id,
        "seller": "7",
        "year": 2031,
        "sequence": 0,
        "issued_at": ISSUED_AT,
        "currency": order.currency or "USD",
        "amount_minor": 2000,
        "content": {"total": "20.00"},
    }
    row = CreditNote(**{**defaults, **values})
    session.add(row)
    session.flush()
    session.refresh(row)
    return row
