"""Payment of an organizer's invoice to the platform, by Stripe or PayPal: one payment at a time.

What was begun is committed before anybody can pay it, with the number of the attempt: the key of the calls.
Whoever begins a payment at one provider ends the one at the other. What is paid nevertheless, and does not
settle the invoice, goes back. No row is locked while a provider is asked.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, log
from chalicelib.http_client import BadAnswer, Deadline
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.orders.billing import SETTLED
from chalicelib.resources.orders.billing_call import OTHER, TOKENS, InvoiceCall, Via, call_about, call_of
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment.payment import CANCELED, SUCCEEDED
from chalicelib.resources.orders.payment.provider import Forgotten, ProviderPayment, Refused

# The code of a call whose key was used with other parameters: nobody was told how to pay what it made.
_OTHER_PARAMETERS: Final = "idempotency_error"


def lock(session: Session, invoice_id: int) -> EventInvoice:
    """The invoice, locked, as it is now."""
    return session.get_one(EventInvoice, invoice_id, with_for_update=True, populate_existing=True)


def is_open(invoice: EventInvoice) -> bool:
    """Whether it is to be paid."""
    return invoice.status not in SETTLED and bool(invoice.amount) and invoice.deleted_at is None


def demand_open(invoice: EventInvoice) -> None:
    """Raise Problem 409 for an invoice that needs no payment."""
    if invoice.deleted_at is not None:
        raise conflict("This invoice is in the trash: nothing is to be paid.", "/data")
    if not is_open(invoice):
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
        paid = call.ended(until)
        if paid is not None and settle(invoice_id, call, paid, until):
            raise conflict("This invoice is paid: nothing is to be paid.", "/data")
        call = _call(invoice_id, via, instead_of=call)
        seen = call.make(until)
        if not call.is_for(seen):
            raise BadAnswer("another payment, or another amount")
    _keep(invoice_id, call, seen, until)
    return seen


def end_other(invoice_id: int, via: Via, until: Deadline) -> None:
    """End the payment at the other provider, if one was begun; opens transactions of its own.

    One that was paid settles the invoice if it can, and goes back otherwise. Raises Problem 409 for one that
    cannot be ended.
    """
    other = OTHER[via]
    with db.transaction() as session:
        invoice = lock(session, invoice_id)
        former = getattr(invoice, TOKENS[other])
        call = call_about(session, invoice, other) if former is not None else None
    if call is None:  # or the platform has given up that provider, and nobody can be asked
        return
    seen = call.ended(until)
    if seen is not None and settle(invoice_id, call, seen, until):
        return
    with db.transaction() as session:
        forget(session, invoice_id, other, former)


def settled(invoice_id: int, call: InvoiceCall) -> ProviderPayment:
    """The payment as the provider sees it, captured if it was approved: what is paid is noted, or goes back.
    Opens transactions of its own.

    Raises Refused, NoAnswer and BadAnswer.
    """
    until = Deadline()
    seen = call.captured(call.make(until), until)
    if seen.state == SUCCEEDED and not settle(invoice_id, call, seen, until):
        with db.transaction() as session:
            forget(session, invoice_id, call.via, seen.id)
    return seen


def settle(invoice_id: int, call: InvoiceCall, seen: ProviderPayment, until: Deadline) -> bool:
    """Whether a payment that was made settles the invoice, which is noted. What does not, goes back. Opens
    transactions of its own.
    """
    with db.transaction() as session:
        invoice = lock(session, invoice_id)
        if stands(session, invoice, call, seen):
            note(invoice, call.via, seen)
            return True
    give_back(invoice_id, call, seen, until)
    return False


def stands(session: Session, invoice: EventInvoice, call: InvoiceCall, seen: ProviderPayment) -> bool:
    """Whether a payment that was made settles the invoice as it is now, or has settled it.

    Raises BadAnswer for one that is not of this invoice.
    """
    now = call_about(session, invoice, call.via, seen.id) or call
    if not now.is_ours(seen):
        raise BadAnswer("another payment")
    is_begun = getattr(invoice, TOKENS[call.via]) == seen.id
    if invoice.status in SETTLED:
        is_noted = seen.transaction is not None and invoice.transaction_id == seen.transaction
        return is_noted or (is_begun and invoice.paid_via == call.via)
    return is_begun and is_open(invoice) and now.is_for(seen) and not seen.refunded


def note(invoice: EventInvoice, via: Via, seen: ProviderPayment) -> None:
    """The locked invoice is settled by this payment, unless it is settled already."""
    if invoice.status in SETTLED:
        return
    invoice.status, invoice.paid_via, invoice.payment_mode = "paid", via, via
    invoice.transaction_id, invoice.completed_at = seen.transaction, clock.now()
    invoice.brand, invoice.last4 = seen.brand, seen.last4
    invoice.exp_month = int(seen.exp_month) if seen.exp_month else None
    invoice.exp_year = int(seen.exp_year) if seen.exp_year else None


def give_back(invoice_id: int, call: InvoiceCall, seen: ProviderPayment, until: Deadline) -> None:
    """Refund what was paid and does not settle the invoice, once."""
    log.warning("a payment of an invoice goes back", invoice_id=invoice_id, via=call.via)
    call.give_back(seen, until)


def forget(session: Session, invoice_id: int, via: Via, former: str) -> None:
    """A payment that was ended is not the invoice's any more; the next one has another key."""
    invoice = lock(session, invoice_id)
    if getattr(invoice, TOKENS[via]) == former:
        setattr(invoice, TOKENS[via], None)
        invoice.attempts += 1


def _same(call: InvoiceCall, until: Deadline) -> ProviderPayment | None:
    """The payment at the provider; None for one that is of no use any more, or was made for another amount
    by a call whose answer nobody got.
    """
    try:
        seen = call.make(until)
    except Refused as refusal:
        is_gone = isinstance(refusal, Forgotten) and call.payment_id is not None
        if is_gone or (refusal.code == _OTHER_PARAMETERS and call.payment_id is None):
            return None
        raise
    if not call.is_ours(seen):
        raise BadAnswer("another payment")
    return seen if call.is_for(seen) and seen.state != CANCELED and not seen.refunded else None


def _keep(invoice_id: int, call: InvoiceCall, seen: ProviderPayment, until: Deadline) -> None:
    """Commit which payment it is, before anybody is told how to pay it. The later of two that begin at both
    providers ends the other's. Raises Problem 409 where nothing is to be paid by now.
    """
    with db.transaction() as session:
        invoice = lock(session, invoice_id)
        known = getattr(invoice, TOKENS[call.via])
        is_next = known is None and invoice.attempts == call.attempt
        is_kept = is_open(invoice) and (is_next or known == seen.id)
        if is_kept:
            setattr(invoice, TOKENS[call.via], seen.id)
        has_other = getattr(invoice, TOKENS[OTHER[call.via]]) is not None
    if not is_kept or seen.state == SUCCEEDED:
        paid = seen if is_kept else replace(call, payment_id=seen.id).ended(until)
        if paid is not None:
            settle(invoice_id, call, paid, until)
    elif has_other:
        end_other(invoice_id, call.via, until)
    with db.transaction() as session:
        demand_open(lock(session, invoice_id))
    if not is_kept:
        raise conflict("This payment was begun anew at the same time: try again.", "/data")


def _call(invoice_id: int, via: Via, *, instead_of: InvoiceCall | None = None) -> InvoiceCall:
    """The call for the invoice's payment: the next attempt `instead_of` one that was ended, unless somebody
    else has begun it meanwhile.
    """
    with db.transaction() as session:
        invoice = lock(session, invoice_id)
        demand_open(invoice)
        if instead_of is not None and getattr(invoice, TOKENS[via]) == instead_of.payment_id:
            if instead_of.payment_id is not None or invoice.attempts == instead_of.attempt:
                invoice.attempts += 1
            setattr(invoice, TOKENS[via], None)
            session.flush()
        return call_of(session, invoice, via)
