"""Credit notes: of a new invoice, as long as it is."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.credit_note import CreditNote
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.invoice import Invoice
from chalicelib.resources.orders.refund import Refund
from tests.factories.order import make_order

CONTENT = {
    "order": "3f0d2d5e", "reference": "", "timezone": "Europe/Berlin", "event": "Fair", "begin": "2031-05-03",
    "when": "3 May 2031", "place": "Berlin", "payment": "", "reason": "Refund", "footer": [],
    "seller": {"name": "Olga"}, "buyer": {"name": "Grace"}, "currency": "USD", "tax": None,
    "lines": [{"name": "Seat", "quantity": 1, "price": "20.00", "amount": "20.00"}],
    "gross": "20.00", "adjustment": "0.00", "net": "20.00", "total": "20.00",
}  # fmt: skip
ISSUED_AT = datetime(2031, 5, 3, 9, tzinfo=UTC)


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_credit_note(
    session: Session,
    *,
    event: Event | None = None,
    order: Order | None = None,
    refund: Refund | None = None,
    **values: Any,
) -> CreditNote:
    """A credit note of 20 of the order's invoice (both new ones unless given), for a refund if given."""
    order = order or make_order(session, event=event, status="completed", amount=50)
    invoice = session.scalars(select(Invoice).where(Invoice.order_id == order.id)).one_or_none()
    if invoice is None:
        told = {"content": {**CONTENT, "total": "50000.00"}, "issued_at": ISSUED_AT}
        invoice = Invoice(order_id=order.id, seller="7", year=2031, sequence=0, **told)
        session.add(invoice)
        session.flush()
    defaults = {
        "invoice_id": invoice.id,
        "refund_id": refund.id if refund is not None else None,
        "order_id": order.id,
        "event_id": order.event_id,
        "seller": "7",
        "year": 2031,
        "sequence": 0,
        "issued_at": ISSUED_AT,
        "currency": order.currency or "USD",
        "amount_minor": 2000,
        "content": CONTENT,
    }
    row = CreditNote(**{**defaults, **values})
    session.add(row)
    session.flush()
    session.refresh(row)
    return row
