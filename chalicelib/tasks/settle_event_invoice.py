"""Asks the provider about the payment of an organizer's invoice that was begun, and captures what was
approved at PayPal. A payment at Stripe that nobody needs any more is ended.
"""

from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.http_client import Deadline
from chalicelib.resources.orders import billing_payment as paying
from chalicelib.resources.orders.billing import SETTLE, SETTLED
from chalicelib.resources.orders.billing_call import TOKENS, Via, call_of
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment.payment import PAYPAL, STRIPE
from chalicelib.resources.orders.payment.provider import Refused
from chalicelib.tasks.registry import task

_SECONDS = 12.0  # for all that is asked


@task(SETTLE, min_seconds=14.0)
def settle_event_invoice(session: Session, event_invoice_id: int) -> None:
    """Note it as paid, if the provider says so. What it has forgotten was not paid."""
    invoice, until = session.get_one(EventInvoice, event_invoice_id), Deadline(_SECONDS)
    via: Via = STRIPE if invoice.stripe_token is not None else PAYPAL
    token = getattr(invoice, TOKENS[via])
    if token is None:
        return
    if invoice.status in SETTLED:
        if via == STRIPE and invoice.paid_via != STRIPE:
            paying.end(call_of(session, invoice, STRIPE), until)
            paying.forget(session, event_invoice_id, STRIPE, token)
        return
    call = call_of(session, invoice, via)
    try:
        seen = call.captured(call.make(until), until)
    except Refused as refusal:
        log.info("the payment of an invoice was not made", invoice_id=event_invoice_id, code=refusal.code)
        return
    paying.note(paying.lock(session, event_invoice_id), seen, via)
