"""Calls to the provider about an organizer's invoice: its payment to the platform's own account."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.http_client import BadAnswer, Deadline
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment import paypal_keys, stripe_keys
from chalicelib.resources.orders.payment.payment import PAYPAL, STRIPE, SUCCEEDED
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
_OWN_ACCOUNT: Final = ""  # the platform's, which the key is of
_PAYEE: Final = "SELECT admin_billing_paypal_email FROM settings ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class InvoiceCall:
    """What the provider is to know of an invoice's payment; `payment_id` is that of one that was begun."""

    provider: Provider
    payment_id: str | None
    intent: Intent

    def make(self, until: Deadline) -> ProviderPayment:
        """The payment: retrieved, or created, once. Raises Forgotten for one that is not there any more."""
        if self.payment_id is None:
            return self.provider.create(self.intent, until)
        with _missing_is_forgotten():
            return self.provider.retrieve(self.payment_id, self.intent.account, until)

    def demand_the_same(self, seen: ProviderPayment) -> None:
        """Raise BadAnswer if the provider tells of another payment, or of another amount."""
        if not self.is_for(seen):
            raise BadAnswer("another payment, or another amount")

    def is_for(self, seen: ProviderPayment) -> bool:
        """Whether this is the invoice's payment, for its amount as it is now."""
        told = (seen.reference, seen.amount, seen.currency)
        return told == (self.intent.reference, self.intent.amount, self.intent.currency)

    def captured(self, seen: ProviderPayment, until: Deadline) -> ProviderPayment:
        """The payment after its capture, if it was approved."""
        self.demand_the_same(seen)
        if not seen.approved:
            return seen
        key = f"{self.intent.reference}-capture"
        return self.provider.capture(seen.id, self.intent.account, key, until)

    def ended(self, until: Deadline) -> ProviderPayment | None:
        """The payment that was begun, if it was paid; else nobody pays it from now on."""
        if self.payment_id is None:
            return None
        try:
            with _missing_is_forgotten():
                seen = self.provider.cancel(self.payment_id, self.intent.account, until)
        except Forgotten:
            return None
        return seen if seen.state == SUCCEEDED else None

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


def call_of(session: Session, invoice: EventInvoice, via: Via) -> InvoiceCall:
    """What to ask the provider. Raises Problem 409 where the platform takes no payment for it by that."""
    provider, payee = _gateway(session, via)
    event = session.get_one(Event, invoice.event_id)
    currency = (invoice.details or {}).get("currency") or event.payment_currency or "USD"
    amount = to_minor(invoice.amount or Decimal(0), currency)
    mistake = mistake_in(amount, currency) if via == PAYPAL else None
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
    return InvoiceCall(provider, getattr(invoice, TOKENS[via]), intent)


def _gateway(session: Session, via: Via) -> tuple[Provider, str]:
    """The provider, and the platform's own account there."""
    if via == STRIPE:
        platform = stripe_keys.platform(session)
        if platform is None:
            raise conflict("This server takes no payment of invoices by Stripe.", "/data")
        return platform.stripe, _OWN_ACCOUNT
    payee = next((payee for (payee,) in db.fetch(session, _PAYEE)), None)
    chosen = paypal_keys.gateway(session, is_test=False)
    if chosen is None or not payee:
        raise conflict("This server takes no payment of invoices by PayPal.", "/data")
    return chosen, payee
