"""Charging: one payment per order at a time, however often and from wherever it is asked for.

The row of the payment is committed before the provider is called, with the key of the call: whatever crashes
afterwards, the same call finds the same payment again, and the reconciling task makes it.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.http_client import Deadline, NoAnswer
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment import settling
from chalicelib.resources.orders.payment.gateways import (
    METHODS,
    PROVIDER_OF_MODE,
    account_of,
    gateway,
    offer,
    takes_fees,
)
from chalicelib.resources.orders.payment.ledger import currency_of, due_for, payments_of
from chalicelib.resources.orders.payment.payment import PROCESSING, STRIPE, UNFINISHED, Payment
from chalicelib.resources.orders.payment.provider import Intent, Provider, ProviderPayment
from chalicelib.resources.orders.payment.settling import lock_order
from chalicelib.resources.tickets.ticket_fee import fee_on
from chalicelib.settings import settings

_LONGEST_NAME: Final = 200


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


def begin(order_id: int, mode: str = STRIPE) -> Call:
    """Commit the order's payment in this mode, or find it; opens transactions of its own. One that was begun
    at another provider is given up first. Raises Problem 409.
    """
    other = _other(order_id, mode)
    if other is not None:
        seen = other.provider.cancel(*_at(other), Deadline()) if other.provider_id else None
        with db.transaction() as session:
            if seen is not None:
                settling.settle(session, other.payment_id, seen, gives_up=True)
            else:
                settling.give_up(session, other.payment_id, "another provider")
    with db.transaction() as session:
        order = lock_order(session, order_id)
        offer(session, order, mode)
        unfinished = [payment for payment in payments_of(session, order_id) if payment.state in UNFINISHED]
        payment = unfinished[0] if unfinished else _new(session, order, mode)
        if payment.mode != mode:
            raise conflict(f"This order is being paid by {payment.mode}.", "/data")
        session.flush()
        return call_of(session, payment)


def adopt(order_id: int, seen: ProviderPayment, account: str) -> bool:
    """Store a payment of an order whose row is lost, and settle it; opens a transaction of its own. False
    while the order has another one that is unfinished.
    """
    with db.transaction() as session:
        order = lock_order(session, order_id)
        if any(payment.state in UNFINISHED for payment in payments_of(session, order_id)):
            return False
        payment = _new(session, order, STRIPE)
        payment.identifier, payment.provider_id, payment.account = seen.reference, seen.id, account
        payment.amount_minor, payment.currency = seen.amount, seen.currency
        payment.fee_minor = min(payment.fee_minor, seen.amount)
        session.flush()
        settling.settle(session, payment.id, seen)
    return True


def call_of(session: Session, payment: Payment) -> Call:
    """What to ask the provider about a payment. Raises NoAnswer while the platform has no keys."""
    event = session.get_one(Event, payment.event_id)
    order = session.get_one(Order, payment.order_id)
    chosen = gateway(session, payment.provider, order)
    if chosen is None:
        raise NoAnswer("the platform has no keys")
    page = f"{settings().web_url}/orders/{order.identifier}"
    intent = Intent(
        reference=payment.identifier,
        amount=payment.amount_minor,
        currency=payment.currency,
        fee=payment.fee_minor,
        account=payment.account or "",
        about=(event.name or "")[:_LONGEST_NAME],
        paid_page=f"{page}/view",
        unpaid_page=f"{page}/pending",
        method=METHODS.get(payment.mode),
        order=order.identifier,
    )
    return Call(payment.id, chosen, payment.provider_id, intent)


def _other(order_id: int, mode: str) -> Call | None:
    """The order's unfinished payment in another mode, whose capture has not begun."""
    with db.transaction() as session:
        offer(session, lock_order(session, order_id), mode)
        for payment in payments_of(session, order_id):
            if payment.state in UNFINISHED and payment.state != PROCESSING and payment.mode != mode:
                return call_of(session, payment)
    return None


def _at(call: Call) -> tuple[str, str]:
    return call.provider_id or "", call.intent.account


def _new(session: Session, order: Order, mode: str) -> Payment:
    currency = currency_of(session, order)
    amount = due_for(session, order)
    payment = Payment(
        order_id=order.id,
        event_id=order.event_id,
        provider=PROVIDER_OF_MODE[mode],
        mode=mode,
        amount_minor=amount,
        currency=currency,
        fee_minor=_fee(session, order, amount, currency) if takes_fees(mode) else 0,
        account=account_of(session, order.event_id, mode),
    )
    session.add(payment)
    return payment


def _fee(session: Session, order: Order, amount: int, currency: str) -> int:
    country = session.get_one(Event, order.event_id).payment_country
    fee = fee_on(session, amount, currency, country)
    return fee.minor if fee is not None else 0
