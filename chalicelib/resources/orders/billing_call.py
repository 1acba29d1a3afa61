"""Calls to the provider about an organizer's invoice: its payment to the platform's own account."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment import paypal_keys, stripe_keys
from chalicelib.resources.orders.payment.payment import OPEN, PAYPAL, PROCESSING, STRIPE, SUCCEEDED
from chalicelib.resources.orders.payment.paypal_amounts import mistake_in
from chalicelib.resources.orders.payment.provider import (
    Forgotten,
    Intent,
    Provider,
    ProviderPayment,
    RefundIntent,
    Refused,
)
from chalicelib.settings import settings
from chalicelib.values.money import to_minor

Via = Literal["stripe", "paypal"]
OTHER: Final[dict[Via, Via]] = {STRIPE: PAYPAL, PAYPAL: STRIPE}
# The attribute of an invoice with the id of its payment at the provider.
TOKENS: Final[dict[Via, str]] = {STRIPE: "stripe_token", PAYPAL: "paypal_token"}
_NAMES: Final[dict[Via, str]] = {STRIPE: "Stripe", PAYPAL: "PayPal"}
# What a payment's reference begins with. The invoice's id follows, its tag, and the number of the attempt.
REFERENCE: Final = "event-invoice-"
_OWN_ACCOUNT: Final = ""  # the platform's, which the key is of
_PAYEE: Final = "SELECT admin_billing_paypal_email FROM settings ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class InvoiceCall:
    """What the provider is to know of an invoice's payment; `payment_id` is that of one that was begun."""

    via: Via
    provider: Provider
    payment_id: str | None
    intent: Intent
    # How often it was begun.
    attempt: int

    def make(self, until: Deadline) -> ProviderPayment:
        """The payment: retrieved, or created, once. Raises Forgotten for one that is not there any more."""
        if self.payment_id is None:
            return self.provider.create(self.intent, until)
        with _missing_is_forgotten():
            return self.provider.retrieve(self.payment_id, self.intent.account, until)

    def is_ours(self, seen: ProviderPayment) -> bool:
        """Whether it is a payment of this invoice, whichever attempt began it."""
        return seen.reference.rpartition("-")[0] == self.intent.reference.rpartition("-")[0]

    def is_for(self, seen: ProviderPayment) -> bool:
        """Whether this is the invoice's payment, for its amount as it is now."""
        told = (seen.amount, seen.currency)
        return self.is_ours(seen) and told == (self.intent.amount, self.intent.currency)

    def captured(self, seen: ProviderPayment, until: Deadline) -> ProviderPayment:
        """The payment after its capture, if it was approved and is for the invoice's amount."""
        if not seen.approved or not self.is_for(seen):
            return seen
        return self.provider.capture(seen.id, self.intent.account, f"{seen.reference}-capture", until)

    def canceled(self, until: Deadline) -> ProviderPayment | None:
        """The payment that was begun after it was canceled, if it could be. Raises Forgotten."""
        if self.payment_id is None:
            return None
        with _missing_is_forgotten():
            return self.provider.cancel(self.payment_id, self.intent.account, until)

    def ended(self, until: Deadline) -> ProviderPayment | None:
        """The payment that was begun, if it was paid; else nobody pays it from now on, unless we capture it.

        Raises Problem 409 for one that the provider cannot end, as a bank has to decide first.
        """
        try:
            seen = self.canceled(until)
        except Forgotten:
            return None
        if seen is None:
            return None
        if seen.state == SUCCEEDED:
            return seen
        if seen.state == PROCESSING or (seen.state == OPEN and self.via == STRIPE):
            raise conflict("A payment of this invoice is being processed: wait for its outcome.", "/data")
        return None

    def give_back(self, seen: ProviderPayment, until: Deadline) -> None:
        """Refund what was paid, once."""
        left = seen.amount - seen.refunded
        if left > 0:
            self.provider.refund(self._refund(seen, left), until)

    def _refund(self, seen: ProviderPayment, amount: int) -> RefundIntent:
        return RefundIntent(
            reference=f"{seen.reference}-back",
            payment=seen.id,
            account=self.intent.account,
            amount=amount,
            currency=seen.currency,
            has_fee=False,
            fee=0,
            transaction=seen.transaction,
        )


@contextmanager
def _missing_is_forgotten() -> Iterator[None]:
    """Stripe says so of a payment that is not the platform's, such as a token of the former server."""
    try:
        yield
    except Refused as refusal:
        if refusal.code == "resource_missing":
            raise Forgotten(refusal.code, str(refusal)) from refusal
        raise


def call_of(session: Session, invoice: EventInvoice, via: Via, payment_id: str | None = None) -> InvoiceCall:
    """What to ask the provider: about the invoice's payment there, or about another one of it, by its id.

    Raises Problem 409 where the platform takes no payment for it by that.
    """
    call = call_about(session, invoice, via, payment_id)
    if call is None:
        raise conflict(f"This server takes no payment of invoices by {_NAMES[via]}.", "/data")
    amount, currency = call.intent.amount, call.intent.currency
    if not amount:
        raise conflict(f"This invoice has no amount that can be paid in {currency}.", "/data")
    mistake = mistake_in(amount, currency) if via == PAYPAL else None
    if mistake is not None:
        raise conflict(mistake, "/data")
    return call


def call_about(
    session: Session, invoice: EventInvoice, via: Via, payment_id: str | None = None
) -> InvoiceCall | None:
    """As call_of; None where the platform has no keys of the provider, so that nothing can be asked."""
    gateway = _gateway(session, via)
    if gateway is None:
        return None
    provider, payee = gateway
    event = session.get_one(Event, invoice.event_id)
    currency = (invoice.details or {}).get("currency") or event.payment_currency or "USD"
    page = f"{settings().web_url}/event-invoice/{invoice.identifier}"
    intent = Intent(
        reference=f"{REFERENCE}{invoice.id}-{_tag(invoice)}-{invoice.attempts}",
        amount=_minor(invoice.amount or Decimal(0), currency),
        currency=currency,
        fee=0,
        account=payee,
        about=f"Invoice {invoice.identifier}",
        paid_page=f"{page}/paypal/success",
        unpaid_page=f"{page}/paypal/failed",
    )
    return InvoiceCall(via, provider, payment_id or getattr(invoice, TOKENS[via]), intent, invoice.attempts)


def _tag(invoice: EventInvoice) -> str:
    """The microsecond in which it was issued: another server that shares the platform's account has invoices
    with the same ids.
    """
    return f"{int(invoice.issued_at.timestamp() * 1_000_000):x}" if invoice.issued_at is not None else "0"


def _minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units; 0, which nothing is paid for, if it has more decimals than its currency."""
    try:
        return to_minor(amount, currency)
    except ValueError:
        return 0


def _gateway(session: Session, via: Via) -> tuple[Provider, str] | None:
    """The provider, and the platform's own account there; None where staff has not set it up."""
    if via == STRIPE:
        platform = stripe_keys.platform(session)
        return (platform.stripe, _OWN_ACCOUNT) if platform is not None else None
    payee = next((payee for (payee,) in db.fetch(session, _PAYEE)), None)
    chosen = paypal_keys.gateway(session, is_test=False)
    return (chosen, payee) if chosen is not None and payee else None
