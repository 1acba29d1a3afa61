"""Asks the provider about the payment of an organizer's invoice that was begun, and captures what was
approved at PayPal. What nobody needs any more is ended; what was paid and settles nothing goes back.
"""

from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.http_client import Deadline
from chalicelib.resources.orders import billing_payment as paying
from chalicelib.resources.orders.billing import SETTLE, settle_later
from chalicelib.resources.orders.billing_call import TOKENS, InvoiceCall, Via, call_about
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment.payment import CANCELED, OPEN, PAYPAL, STRIPE, SUCCEEDED
from chalicelib.resources.orders.payment.provider import Forgotten, ProviderPayment, Refused
from chalicelib.tasks.registry import task

_SECONDS = 12.0  # for all that is asked


@task(SETTLE, min_seconds=14.0)
def settle_event_invoice(session: Session, event_invoice_id: int, payment: str = "", via: str = "") -> None:
    """Note it as paid, if the provider says so. What it has forgotten was not paid. `payment` is that at
    `via` that an event tells of, which may be a former one.
    """
    invoice = session.get_one(EventInvoice, event_invoice_id)
    begun: list[tuple[Via, str | None]] = [(STRIPE, invoice.stripe_token), (PAYPAL, invoice.paypal_token)]
    if payment:
        begun = [(provider, payment) for provider, _ in begun if provider == via]
    calls = [call_about(session, invoice, provider, id) for provider, id in begun if id is not None]
    known = [call for call in calls if call is not None]
    for call in known[1:]:  # by a task of its own: no row is locked while the next one is asked
        settle_later(session, invoice.id, call.payment_id, call.via)
    if not known:
        return
    try:
        _settle(session, invoice, known[0], Deadline(_SECONDS))
    except Refused as refusal:
        log.info("the payment of an invoice was not made", invoice_id=invoice.id, code=refusal.code)


def _settle(session: Session, invoice: EventInvoice, call: InvoiceCall, until: Deadline) -> None:
    is_begun = call.payment_id == getattr(invoice, TOKENS[call.via])
    is_wanted = paying.is_open(invoice)
    seen = _seen(call, until, is_begun=is_begun, is_wanted=is_wanted)
    is_paid = seen is not None and seen.state == SUCCEEDED
    if seen is not None and is_paid:
        session.refresh(invoice)
        if paying.stands(session, invoice, call, seen):
            locked = paying.lock(session, invoice.id)
            if paying.stands(session, locked, call, seen):
                paying.note(locked, call.via, seen)
            return
        paying.give_back(invoice.id, call, seen, until)
    # One at PayPal is captured by us alone.
    is_ended = seen is None or seen.state == CANCELED or (seen.state == OPEN and call.via == PAYPAL)
    if call.payment_id is not None and (is_paid or (is_ended and not is_wanted)):
        paying.forget(session, invoice.id, call.via, call.payment_id)


def _seen(call: InvoiceCall, until: Deadline, *, is_begun: bool, is_wanted: bool) -> ProviderPayment | None:
    """The payment at the provider; None for one that it does not know. A former one is only looked at."""
    try:
        if is_begun and not is_wanted:
            return call.canceled(until)
        seen = call.make(until)
        return call.captured(seen, until) if is_begun else seen
    except Forgotten:
        return None
