"""Settlement: what a provider says of a payment becomes the state of payment and order, in one transaction.

The one rule for every way in: the buyer's client, the webhook, the reconciling task. What the provider says
at the moment counts, so the order in which it was heard does not matter, nor how often.
"""

from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chalicelib import clock, log
from chalicelib.http_client import BadAnswer
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders import refund as refunds
from chalicelib.resources.orders.order import effects, states
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.invoice import has_invoice
from chalicelib.resources.orders.payment.late_seats import end_exchange, has_seats
from chalicelib.resources.orders.payment.ledger import add_refund, follow, payments_of, remainder
from chalicelib.resources.orders.payment.payment import (
    CANCELED,
    CREATED,
    OPEN,
    PAYPAL,
    PROCESSING,
    SUCCEEDED,
    UNFINISHED,
    Payment,
)
from chalicelib.resources.orders.payment.provider import ProviderPayment, ProviderRefund
from chalicelib.resources.orders.refund import DUPLICATE, LATE, Refund

# Their payments cannot be canceled there, and need not be.
CAPTURED_BY_US: Final = (PAYPAL,)


def lock_order(session: Session, order_id: int) -> Order:
    """The order, locked, as it is now."""
    this = select(Order).where(Order.id == order_id)
    fresh = {"populate_existing": True}
    return session.scalars(this.with_for_update().execution_options(**fresh)).one()


def _locked(session: Session, payment_id: int) -> tuple[Order, Payment]:
    """The payment and its order, locked in the order of the ledger: the order's row first."""
    order = lock_order(session, session.get_one(Payment, payment_id).order_id)
    return order, next(payment for payment in payments_of(session, order.id) if payment.id == payment_id)


def settle(
    session: Session, payment_id: int, seen: ProviderPayment, *, gives_up: bool = False
) -> tuple[Order, Payment]:
    """Note what the provider says of the payment. Raises BadAnswer if it is about another one.

    A payment that has succeeded completes its order. Where the order cannot be completed any more (it has
    expired and its seats are sold, it was cancelled, or it was paid already), the money goes back at once.
    `gives_up`: where nobody but us captures it, it is canceled unless it was made, or is being captured.
    """
    order, payment = _locked(session, payment_id)
    _demand_the_same(payment, seen)
    payment.checked_at = clock.now()
    payment.provider_id = seen.id
    is_made = seen.state == SUCCEEDED
    if payment.state in UNFINISHED or (payment.state == CANCELED and is_made):
        # What is approved and being captured stays so until the provider has answered.
        if not (payment.state == PROCESSING and seen.approved):
            payment.state, payment.failure = seen.state, seen.failure
        if gives_up and payment.state == OPEN and payment.provider in CAPTURED_BY_US:
            payment.state = CANCELED
        if is_made:
            _note(payment, seen)
            session.flush()
            _put_to_use(session, order, payment)
    session.flush()
    return order, payment


def begin_capture(session: Session, payment_id: int, seen: ProviderPayment) -> str | None:
    """Note that an approved payment is being captured, from which on it is not given up; returns the key of
    the call. None for one that is not to be captured: it is finished, or its order has ended.

    Raises BadAnswer if what the provider has seen approved is another payment.
    """
    order, payment = _locked(session, payment_id)
    _demand_the_same(payment, seen)
    payment.provider_id = seen.id
    if payment.state != PROCESSING:
        if payment.state not in UNFINISHED or not may_be_paid(session, order):
            return None
        payment.attempts += 1
    payment.state, payment.checked_at = PROCESSING, clock.now()
    session.flush()
    return key_of(payment)


def key_of(payment: Payment) -> str:
    """The key of the latest call that captures the payment."""
    return f"{payment.identifier}-{payment.attempts}"


def end_capture(session: Session, payment_id: int, key: str, failure: str) -> None:
    """The provider has refused the capture with this key: the buyer may try again."""
    _, payment = _locked(session, payment_id)
    if payment.state == PROCESSING and key == key_of(payment):
        payment.state, payment.failure, payment.checked_at = OPEN, failure, clock.now()
        session.flush()


def may_be_paid(session: Session, order: Order) -> bool:
    """Whether the order waits for its payment."""
    return order.status in states.HELD and _takes_place(session, order)


def give_up(session: Session, payment_id: int, failure: str, *, is_forgotten: bool = False) -> None:
    """The provider refuses to make the payment, or has forgotten it, so nobody can ever pay it."""
    payment = session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment.state in ((CREATED, OPEN) if is_forgotten else (CREATED,)):
        payment.state, payment.failure, payment.checked_at = CANCELED, failure, clock.now()
        session.flush()


def note_refusal(session: Session, payment_id: int, failure: str) -> None:
    """The provider does not say what became of the payment."""
    payment = session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
    payment.failure, payment.checked_at = failure, clock.now()
    session.flush()


def settle_refund(session: Session, refund_id: int, seen: ProviderRefund) -> None:
    """Note what the provider says of a refund."""
    refund = session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    if refund.state not in refunds.UNFINISHED:
        return
    refund.transaction_id, refund.checked_at = seen.id or refund.transaction_id, clock.now()
    refund.state, refund.failure = seen.state, seen.failure
    if seen.state == refunds.SUCCEEDED:
        refund.completed_at = clock.now()
    session.flush()


def note_refunds(session: Session, payment_id: int, seen: list[ProviderRefund]) -> None:
    """Note the refunds of a payment that were made at the provider, and ours that a bank has sent back."""
    _, payment = _locked(session, payment_id)
    # What came by this payment is refunded by it, also for tickets that were exchanged since.
    came = select(Payment.id).where(or_(Payment.id == payment_id, Payment.source_id == payment_id))
    known = [*session.scalars(select(Refund).where(Refund.payment_id.in_(came)))]
    by_id = {refund.transaction_id: refund for refund in known}
    ours = {refund.identifier for refund in known}
    for seen_refund in reversed(seen):
        refund = by_id.get(seen_refund.id)
        if refund is not None:
            if seen_refund.state == refunds.FAILED and refund.state != refunds.FAILED:
                refund.state, refund.failure = refunds.FAILED, seen_refund.failure
                session.flush()
                session.refresh(session.get_one(Payment, refund.payment_id), ["refunded_minor"])
        elif seen_refund.reference in ours or seen_refund.state == refunds.FAILED:
            continue
        elif seen_refund.amount > remainder(payment):
            log.error("more was refunded at the provider than is left here", payment_id=payment_id)
        else:
            refund = add_refund(session, payment, seen_refund.amount, refunds.AT_PROVIDER)
            settle_refund(session, refund.id, seen_refund)


def _demand_the_same(payment: Payment, seen: ProviderPayment) -> None:
    is_other = payment.provider_id not in (None, seen.id) or seen.reference != payment.identifier
    if is_other or (seen.amount, seen.currency) != (payment.amount_minor, payment.currency):
        log.error("the provider tells of another payment", payment_id=payment.id)
        raise BadAnswer("another payment, or another amount")


def _note(payment: Payment, seen: ProviderPayment) -> None:
    payment.paid_at = clock.now()
    payment.transaction_id, payment.method = seen.transaction, seen.method
    payment.brand, payment.last4 = seen.brand, seen.last4
    payment.exp_month, payment.exp_year = seen.exp_month, seen.exp_year


def _put_to_use(session: Session, order: Order, payment: Payment) -> None:
    if order.status == states.COMPLETED:
        add_refund(session, payment, payment.amount_minor, DUPLICATE)
    elif _takes_place(session, order) and _may_be_completed(session, order) and has_seats(session, order):
        _complete(session, order, payment)
    else:
        add_refund(session, payment, payment.amount_minor, LATE)
        end_exchange(session, order)


def _takes_place(session: Session, order: Order) -> bool:
    """Whether the event is there; for an order of test mode, only as long as that lasts."""
    event = session.get_one(Event, order.event_id)
    return event.deleted_at is None and (event.is_test_mode or not order.is_test)


def _may_be_completed(session: Session, order: Order) -> bool:
    """Not one that was cancelled, nor an expired one whose invoice was credited: it would need another."""
    if order.status == states.EXPIRED:
        return not has_invoice(session, order.id)
    return order.status != states.CANCELLED


def _complete(session: Session, order: Order, payment: Payment) -> None:
    former = order.status
    order.status, order.expires_at = states.COMPLETED, None
    order.completed_at = clock.now()
    follow(order, payment)
    session.flush()
    effects.emit_state(session, order, former, order.user_id)
