"""Payment of an organizer's invoice at PayPal: to the platform, by one capture of one payment at a time.

What was begun is committed before PayPal is asked, with the number of the attempt: the key of the calls.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.http_client import BadAnswer, Deadline
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.billing import SETTLED
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment import paypal_keys
from chalicelib.resources.orders.payment.payment import CANCELED, SUCCEEDED
from chalicelib.resources.orders.payment.paypal import PayPal
from chalicelib.resources.orders.payment.paypal_amounts import mistake_in
from chalicelib.resources.orders.payment.provider import Forgotten, Intent, ProviderPayment
from chalicelib.settings import settings
from chalicelib.values.money import to_minor

_PAYEE: Final = "SELECT admin_billing_paypal_email FROM settings ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class InvoiceCall:
    """What PayPal is to know of an invoice's payment; `payment_id` is that of one that was begun."""

    paypal: PayPal
    payment_id: str | None
    intent: Intent

    def make(self, until: Deadline) -> ProviderPayment:
        """The payment: retrieved, or created, once. Raises Forgotten for one that is not there any more."""
        if self.payment_id is not None:
            return self.paypal.retrieve(self.payment_id, self.intent.account, until)
        return self.paypal.create(self.intent, until)

    def demand_the_same(self, seen: ProviderPayment) -> None:
        """Raise BadAnswer if PayPal tells of another payment, or of another amount."""
        told = (seen.reference, seen.amount, seen.currency)
        if told != (self.intent.reference, self.intent.amount, self.intent.currency):
            raise BadAnswer("another payment, or another amount")

    def captured(self, seen: ProviderPayment, until: Deadline) -> ProviderPayment:
        """The payment after its capture, if it was approved."""
        self.demand_the_same(seen)
        if not seen.approved:
            return seen
        key = f"{self.intent.reference}-capture"
        return self.paypal.capture(seen.id, self.intent.account, key, until)


def lock(session: Session, invoice_id: int) -> EventInvoice:
    """The invoice, locked, as it is now."""
    return session.get_one(EventInvoice, invoice_id, with_for_update=True, populate_existing=True)


def call_of(session: Session, invoice: EventInvoice) -> InvoiceCall:
    """What to ask PayPal. Raises Problem 409 where the platform takes no payment for it by PayPal."""
    payee = next((payee for (payee,) in db.fetch(session, _PAYEE)), None)
    chosen = paypal_keys.gateway(session, is_test=False)
    if chosen is None or not payee:
        raise conflict("This server takes no payment of invoices by PayPal.", "/data")
    event = session.get_one(Event, invoice.event_id)
    currency = (invoice.details or {}).get("currency") or event.payment_currency or "USD"
    amount = to_minor(invoice.amount or Decimal(0), currency)
    mistake = mistake_in(amount, currency)
    if mistake is not None:
        raise conflict(mistake, "/data")
    page = f"{settings().web_url}/event-invoice/{invoice.identifier}"
    intent = Intent(
        reference=f"event-invoice-{invoice.id}-{invoice.attempts}",
        amount=amount,
        currency=currency,
        fee=0,
        account=payee,
        about=f"Invoice {invoice.identifier}",
        paid_page=f"{page}/paypal/success",
        unpaid_page=f"{page}/paypal/failed",
    )
    return InvoiceCall(chosen, invoice.paypal_token, intent)


def demand_open(invoice: EventInvoice) -> None:
    """Raise Problem 409 for an invoice that needs no payment."""
    if invoice.status in SETTLED or not invoice.amount or invoice.deleted_at is not None:
        raise conflict(f"This invoice is {invoice.status}: nothing is to be paid.", "/data")


def begun(invoice_id: int) -> ProviderPayment:
    """The invoice's payment at PayPal, for its amount as it is now; opens transactions of its own.

    Raises Refused, NoAnswer, BadAnswer and Problem 409.
    """
    call, until = _call(invoice_id), Deadline()
    seen = _same(call, until)
    if seen is None:  # nobody approved it in time, or it was for another amount
        call = _call(invoice_id, begins_anew=True)
        seen = call.make(until)
        call.demand_the_same(seen)
    with db.transaction() as session:
        lock(session, invoice_id).paypal_token = seen.id
    return seen


def _same(call: InvoiceCall, until: Deadline) -> ProviderPayment | None:
    """The payment at PayPal; None for one that was begun and is of no use any more."""
    try:
        seen = call.make(until)
        call.demand_the_same(seen)
    except (Forgotten, BadAnswer):
        if call.payment_id is None:
            raise
        return None
    return seen if seen.state != CANCELED else None


def note(invoice: EventInvoice, seen: ProviderPayment) -> bool:
    """Whether the invoice is paid by now, according to what PayPal says; notes it on the locked invoice."""
    if seen.state == SUCCEEDED and invoice.status not in SETTLED:
        invoice.status, invoice.paid_via, invoice.payment_mode = "paid", "paypal", "paypal"
        invoice.transaction_id, invoice.completed_at = seen.transaction, clock.now()
    return seen.state == SUCCEEDED


def _call(invoice_id: int, *, begins_anew: bool = False) -> InvoiceCall:
    with db.transaction() as session:
        invoice = lock(session, invoice_id)
        demand_open(invoice)
        if begins_anew:
            invoice.attempts, invoice.paypal_token = invoice.attempts + 1, None
            session.flush()
        return call_of(session, invoice)
