"""The ledger of an order: its payments and refunds, and the order's attributes that follow from them.

Whoever writes here has locked the order's row first, then the payment's.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, signals
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders import refund as refunds
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment.modes import FREE_OF_CHARGE, PAYMENT_MODES
from chalicelib.resources.orders.payment.payment import OFFLINE, SUCCEEDED, UNFINISHED, Payment
from chalicelib.resources.orders.refund import REVOKED, Refund
from chalicelib.values.money import to_minor

_STATUS = "/data/attributes/status"
# What an order without a currency is paid in, where its event has none either.
_CURRENCY = "USD"


def payments_of(session: Session, order_id: int) -> list[Payment]:
    """The payments of an order, locked, oldest first."""
    of_order = select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)
    return [*session.scalars(of_order.with_for_update().execution_options(populate_existing=True))]


def remainder(payment: Payment) -> int:
    """What was paid and has not gone back, in minor units."""
    return payment.amount_minor - payment.refunded_minor if payment.state == SUCCEEDED else 0


def went_back(session: Session, order_id: int) -> bool:
    """Whether something was paid for the order, and all of it went back or is going to."""
    payments = payments_of(session, order_id)
    return any(payment.refunded_minor for payment in payments) and not any(map(remainder, payments))


def currency_of(session: Session, order: Any) -> str:
    """The currency of an order's amount."""
    if order.currency:
        return str(order.currency)
    return session.get_one(Event, order.event_id).payment_currency or _CURRENCY


def follow(order: Any, payment: Payment) -> None:
    """Set the order's attributes that tell of its payment."""
    order.payment_mode = payment.mode
    order.paid_via = payment.method or payment.mode
    order.transaction_id = payment.transaction_id
    order.brand, order.last4 = payment.brand, payment.last4
    order.exp_month, order.exp_year = payment.exp_month, payment.exp_year


def add_refund(
    session: Session,
    payment: Payment,
    amount: int,
    reason: str,
    *,
    note: str | None = None,
    attendee_ids: list[int] | None = None,
) -> Refund:
    """Note that so much of a payment goes back, in minor units; the database refuses more than was paid.

    What was paid to the organizer directly is paid back by the organizer, so it is done with the note; else
    a task sends it.
    """
    is_done = payment.provider == OFFLINE
    refund = Refund(
        payment_id=payment.id,
        order_id=payment.order_id,
        event_id=payment.event_id,
        provider=payment.provider,
        amount_minor=amount,
        currency=payment.currency,
        state=refunds.SUCCEEDED if is_done else refunds.CREATED,
        reason=reason,
        note=note,
        attendee_ids=attendee_ids,
        completed_at=clock.now() if is_done else None,
    )
    session.add(refund)
    session.flush()
    session.refresh(payment, ["refunded_minor"])
    signals.emit(session, "refund.made", id=refund.id)
    return refund


def keep_the_amount_while_it_is_paid(context: Context, change: Change) -> None:
    """Hook: while an online payment may still be made, the order's amount is that of the payment."""
    if "amount" not in change.before and "currency" not in change.before:
        return
    demand_unpaid(context.session, change.row.id, "/data/attributes/amount")


def demand_unpaid(session: Session, order_id: int, pointer: str) -> None:
    """Raise Problem 409 while an online payment of the order may still be made, or is not refunded."""
    payments = payments_of(session, order_id)
    if any(payment.state in UNFINISHED or remainder(payment) for payment in payments):
        raise conflict("This order is being paid, or was: its amount stays.", pointer)


def record_confirmation(context: Context, change: Change) -> None:
    """After-write hook: what the organizer confirms, or staff revokes, is noted as a payment or a refund.

    Raises Problem 409 when staff revokes what a provider has confirmed.
    """
    order = change.row
    if "status" not in change.before or not order.amount:
        return
    if order.status == states.COMPLETED:
        confirm(context.session, order)
    elif change.before["status"] == states.COMPLETED and order.status not in states.ENDED:
        _revoke(context.session, order)


def confirm(session: Session, order: Any) -> Payment | None:
    """Note what is owed for a completed order as paid to the organizer; None where nothing is owed."""
    mode = PAYMENT_MODES.get(order.payment_mode)
    currency = currency_of(session, order)
    paid = sum(remainder(payment) for payment in payments_of(session, order.id))
    owed = to_minor(order.amount, currency) - paid
    if owed <= 0:
        return None
    payment = Payment(
        order_id=order.id,
        event_id=order.event_id,
        provider=OFFLINE,
        mode=mode.name if mode is not None else FREE_OF_CHARGE,
        amount_minor=owed,
        currency=currency,
        state=SUCCEEDED,
        transaction_id=order.transaction_id,
        paid_at=clock.now(),
    )
    session.add(payment)
    session.flush()
    return payment


def _revoke(session: Session, order: Any) -> None:
    for payment in payments_of(session, order.id):
        left = remainder(payment)
        if left and payment.provider != OFFLINE:
            raise conflict("A provider has confirmed the payment: refund it instead.", _STATUS)
        if left:
            add_refund(session, payment, left, REVOKED)
