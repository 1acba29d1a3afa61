"""Asks PayPal about the payment of an organizer's invoice that was begun, and captures what was approved."""

from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.http_client import Deadline
from chalicelib.resources.orders import billing_payment as paying
from chalicelib.resources.orders.billing import SETTLE, SETTLED
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment.provider import Refused
from chalicelib.tasks.registry import task

_SECONDS = 12.0  # for all that is asked


@task(SETTLE, min_seconds=14.0)
def settle_event_invoice(session: Session, event_invoice_id: int) -> None:
    """Note it as paid, if PayPal says so. What PayPal has forgotten was not paid."""
    invoice = session.get_one(EventInvoice, event_invoice_id)
    if invoice.status in SETTLED or invoice.paypal_token is None:
        return
    call, until = paying.call_of(session, invoice), Deadline(_SECONDS)
    try:
        seen = call.captured(call.make(until), until)
    except Refused as refusal:
        log.info("the payment of an invoice was not made", invoice_id=event_invoice_id, code=refusal.code)
        return
    paying.note(paying.lock(session, event_invoice_id), seen)
