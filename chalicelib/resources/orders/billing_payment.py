"""Payment of an organizer's invoice to the platform, by Stripe or PayPal: one payment at a time.

What was begun is committed before the provider is asked, with the number of the attempt: the key of the
calls. Whoever begins a payment at one provider ends the one at the other.
"""

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.http_client import BadAnswer, Deadline
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.orders.billing import SETTLED
from chalicelib.resources.orders.billing_call import OTHER, TOKENS, InvoiceCall, Via, call_of
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment.payment import CANCELED, SUCCEEDED
from chalicelib.resources.orders.payment.provider import Forgotten, ProviderPayment


def lock(session: Session, invoice_id: int) -> EventInvoice:
    """The invoice, locked, as it is now."""
    return session.get_one(EventInvoice, invoice_id, with_for_update=True, populate_existing=True)


def demand_open(invoice: EventInvoice) -> None:
    """Raise Problem 409 for an invoice that needs no payment."""
    if invoice.status in SETTLED or not invoice.amount or invoice.deleted_at is not None:
        raise conflict(f"This invoice is {invoice.status}: nothing is to be paid.", "/data")


def begun(invoice_id: int, via: Via) -> ProviderPayment:
    """The invoice's payment at the provider, for its amount as it is now; opens transactions of its own.

    Raises Refused, NoAnswer, BadAnswer and Problem 409.
    """
    until = Deadline()
    end_other(invoice_id, via, until)
    call = _call(invoice_id, via)
    seen = _same(call, until)
    if seen is None:  # nobody approved it in time, or it was for another amount
        end(call, until)
        call = _call(invoice_id, via, begins_anew=True)
        seen = call.make(until)
        call.demand_the_same(seen)
    with db.transaction() as session:
        setattr(lock(session, invoice_id), TOKENS[via], seen.id)
    return seen


def end(call: InvoiceCall, until: Deadline) -> None:
    """Nobody pays what was begun; what was paid goes back."""
    seen = call.ended(until)
    if seen is not None:
        call.give_back(seen, until)


def end_other(invoice_id: int, via: Via, until: Deadline) -> None:
    """End the payment at the other provider, if one was begun; opens transactions of its own.

    One that was paid is noted, unless it is for another amount, or the invoice was paid by this provider:
    then it goes back.
    """
    other = OTHER[via]
    with db.transaction() as session:
        invoice = lock(session, invoice_id)
        former = getattr(invoice, TOKENS[other])
        call = call_of(session, invoice, other) if former is not None else None
    if call is None:
        return
    seen = call.ended(until)
    with db.transaction() as session:
        invoice = lock(session, invoice_id)
        if seen is not None and call.is_for(seen) and invoice.status not in SETTLED:
            note(invoice, seen, other)
            return
        if invoice.paid_via == other:
            return
    if seen is not None:
        call.give_back(seen, until)
    with db.transaction() as session:
        forget(session, invoice_id, other, former)


def forget(session: Session, invoice_id: int, via: Via, former: str) -> None:
    """A payment that was ended is not the invoice's any more; the next one has another key."""
    invoice = lock(session, invoice_id)
    if getattr(invoice, TOKENS[via]) == former:
        setattr(invoice, TOKENS[via], None)
        invoice.attempts += 1


def _same(call: InvoiceCall, until: Deadline) -> ProviderPayment | None:
    """The payment at the provider; None for one that was begun and is of no use any more."""
    try:
        seen = call.make(until)
        call.demand_the_same(seen)
    except (Forgotten, BadAnswer):
        if call.payment_id is None:
            raise
        return None
    return seen if seen.state != CANCELED else None


def note(invoice: EventInvoice, seen: ProviderPayment, via: Via) -> bool:
    """Whether the invoice is paid by now, according to what the provider says; notes it on the locked
    invoice.
    """
    if seen.state == SUCCEEDED and invoice.status not in SETTLED:
        invoice.status, invoice.paid_via, invoice.payment_mode = "paid", via, via
        invoice.transaction_id, invoice.completed_at = seen.transaction, clock.now()
        invoice.brand, invoice.last4 = seen.brand, seen.last4
        invoice.exp_month = int(seen.exp_month) if seen.exp_month else None
        invoice.exp_year = int(seen.exp_year) if seen.exp_year else None
    return seen.state == SUCCEEDED


def _call(invoice_id: int, via: Via, *, begins_anew: bool = False) -> InvoiceCall:
    with db.transaction() as session:
        invoice = lock(session, invoice_id)
        demand_open(invoice)
        if begins_anew:
            invoice.attempts = invoice.attempts + 1
            setattr(invoice, TOKENS[via], None)
            session.flush()
        return call_of(session, invoice, via)
