"""Charging: one payment per order at a time, however often and from wherever it is asked for.

The row of the payment is committed before the provider is called, with the key of the call: whatever crashes
afterwards, the same call finds the same payment again, and the reconciling task makes it.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.http_client import Deadline, NoAnswer
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.order import Order
from chalicelib.resources.orders.payment.ledger import currency_of, payments_of
from chalicelib.resources.orders.payment.payment import STRIPE, UNFINISHED, Payment
from chalicelib.resources.orders.payment.provider import Intent, Provider, ProviderPayment
from chalicelib.resources.orders.payment.settling import lock_order
from chalicelib.resources.orders.payment.stripe_keys import platform
from chalicelib.resources.orders.stripe_authorization import StripeAuthorization
from chalicelib.resources.tickets.ticket_fee import fee_for
from chalicelib.values.money import share_of, to_minor

_LONGEST_NAME: Final = 200
# As the fee of a basket, for the whole order.
_FEE: Final = fee_for("$1", "$2")


@dataclass(frozen=True, slots=True)
class Call:
    """A payment as it is committed, and what the provider needs to know of it."""

    payment_id: int
    provider: Provider
    provider_id: str | None
    intent: Intent

    def make(self, until: Deadline) -> ProviderPayment:
        """The payment at the provider: retrieved, or created, once."""
        if self.provider_id is not None:
            return self.provider.retrieve(self.provider_id, self.intent.account, until)
        return self.provider.create(self.intent, until)

    def ask(self, until: Deadline) -> ProviderPayment:
        """The payment at the provider as it is now: the answer to a repeated call is what it was at first."""
        seen = self.make(until)
        return seen if self.provider_id else self.provider.retrieve(seen.id, self.intent.account, until)


def offer(session: Session, order: Any) -> None:
    """Raise Problem 409 unless the order can be paid by Stripe: what is not configured is not offered."""
    if order.status not in states.HELD or not order.amount:
        raise conflict(
            f"An order that is {order.status} and costs {order.amount or 0} cannot be charged.", "/data"
        )
    event = session.get_one(Event, order.event_id)
    if event.deleted_at is not None or not event.can_pay_by_stripe:  # by now: the order may be pending since
        raise conflict("The event takes no payment by Stripe.", "/data")
    if platform(session) is None:
        raise conflict("No payment provider is connected to this server.", "/data")
    if _account_of(session, order.event_id) is None:
        raise conflict("The event's organizer has connected no Stripe account.", "/data")


def begin(order_id: int) -> Call:
    """Commit the order's payment, or find it; opens a transaction of its own. Raises Problem 409."""
    with db.transaction() as session:
        order = lock_order(session, order_id)
        offer(session, order)
        unfinished = [payment for payment in payments_of(session, order_id) if payment.state in UNFINISHED]
        payment = unfinished[0] if unfinished else _new(session, order)
        session.flush()
        return call_of(session, payment)


def call_of(session: Session, payment: Payment) -> Call:
    """What to ask the provider about a payment. Raises NoAnswer while the platform has no keys."""
    chosen = platform(session)
    if chosen is None:
        raise NoAnswer("the platform has no keys")
    event = session.get_one(Event, payment.event_id)
    intent = Intent(
        reference=payment.identifier,
        amount=payment.amount_minor,
        currency=payment.currency,
        fee=payment.fee_minor,
        account=payment.account or "",
        about=(event.name or "")[:_LONGEST_NAME],
    )
    return Call(payment.id, chosen.stripe, payment.provider_id, intent)


def _account_of(session: Session, event_id: int) -> str | None:
    of_event = select(StripeAuthorization.account).where(StripeAuthorization.event_id == event_id)
    return session.scalar(of_event)


def _new(session: Session, order: Order) -> Payment:
    currency = currency_of(session, order)
    amount = to_minor(order.amount, currency)
    payment = Payment(
        order_id=order.id,
        event_id=order.event_id,
        provider=STRIPE,
        mode=STRIPE,
        amount_minor=amount,
        currency=currency,
        fee_minor=_fee(session, order, amount, currency),
        account=_account_of(session, order.event_id),
    )
    session.add(payment)
    return payment


def _fee(session: Session, order: Order, amount: int, currency: str) -> int:
    country = session.get_one(Event, order.event_id).payment_country
    for percent, maximum in db.fetch(session, _FEE, [currency, country]):
        fee = share_of(amount, percent)
        return min(fee, to_minor(maximum, currency)) if maximum is not None else fee
    return 0
