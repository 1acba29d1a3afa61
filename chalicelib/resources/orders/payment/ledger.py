"""The ledger of an order: its payments and refunds, and the order's attributes that follow from them.

Whoever writes here has locked the order's row first, then the payment's.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders import refund as refunds
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.states import listed
from chalicelib.resources.orders.payment.invoice import has_invoice
from chalicelib.resources.orders.payment.modes import FREE_OF_CHARGE, PAYMENT_MODES
from chalicelib.resources.orders.payment.payment import EXCHANGE, OFFLINE, SUCCEEDED, UNFINISHED, Payment
from chalicelib.resources.orders.refund import EXCHANGED, REDUCING, REVOKED, Refund
from chalicelib.values.money import to_minor

_STATUS = "/data/attributes/status"
# Who comes, and was not refunded.
_LIVING: Final = """
SELECT person.id FROM attendees person WHERE person.order_id = $1 AND person.deleted_at IS NULL
AND NOT EXISTS (
  SELECT FROM refunds given WHERE given.order_id = person.order_id AND given.state <> 'failed'
  AND given.attendee_ids @> to_jsonb(person.id)
) ORDER BY person.id
"""
_SUPERSEDE: Final = """
UPDATE refund_requests SET state = 'superseded', answered_at = $3 WHERE order_id = $1 AND state = 'requested'
AND EXISTS (SELECT FROM jsonb_array_elements(attendee_ids) ticket (id) WHERE $2::jsonb @> ticket.id)
"""
_REDUCED: Final = f"""
SELECT coalesce((
  SELECT sum(amount_minor) FROM refunds
  WHERE order_id = $1 AND state <> 'failed' AND reason IN {listed(REDUCING)}
), 0)::bigint + coalesce((SELECT sum(waived_minor) FROM ticket_cancellations WHERE order_id = $1), 0)::bigint
"""  # noqa: S608 - no user input
# What an order without a currency is paid in, where its event has none either.
_CURRENCY = "USD"


def payments_of(session: Session, order_id: int, *, locked: bool = True) -> list[Payment]:
    """The payments of an order, oldest first; not `locked` is for who only reads."""
    of_order = select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)
    if locked:
        of_order = of_order.with_for_update().execution_options(populate_existing=True)
    return [*session.scalars(of_order)]


def remainder(payment: Payment) -> int:
    """What was paid and has not gone back, in minor units."""
    return payment.amount_minor - payment.refunded_minor if payment.state == SUCCEEDED else 0


def went_back(session: Session, order_id: int) -> bool:
    """Whether something was paid for the order, and all of it went back or is going to, or what the event's
    refund rule gives for everybody who came by it.
    """
    payments = payments_of(session, order_id)
    if not any(payment.refunded_minor for payment in payments):
        return False
    return not any(map(remainder, payments)) or not living(session, order_id)


def living(session: Session, order_id: int) -> list[int]:
    """The ids of attendees who come by the order, and were not refunded."""
    return [id for (id,) in db.fetch(session, _LIVING, [order_id], flush=False)]


def is_paid_for(session: Session, order_id: int) -> bool:
    """Whether something was paid for the order that has not gone back."""
    return any(map(remainder, payments_of(session, order_id)))


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

    What was paid to the organizer directly is paid back by the organizer, so it is done with the note, and so
    is what pays for another ticket; else a task sends it, the way the money came.
    """
    provider = EXCHANGE if reason == EXCHANGED else origin_of(session, payment).provider
    is_done = provider in (OFFLINE, EXCHANGE)
    refund = Refund(
        payment_id=payment.id,
        order_id=payment.order_id,
        event_id=payment.event_id,
        provider=provider,
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
    if attendee_ids:
        db.fetch(session, _SUPERSEDE, [payment.order_id, json.dumps(attendee_ids), clock.now()])
    signals.emit(session, "refund.made", id=refund.id)
    return refund


def add_refunds(
    session: Session,
    payments: Iterable[Payment],
    amount: int,
    reason: str,
    *,
    note: str | None = None,
    attendee_ids: list[int] | None = None,
) -> Refund:
    """Note that so much of what was paid goes back; returns the first refund. An order has several payments
    where a ticket was exchanged for it: then more goes back of the one of which most is left.
    """
    made, left = [], amount
    for payment in sorted(payments, key=remainder, reverse=True):
        part = min(remainder(payment), left)
        if part:
            given = add_refund(session, payment, part, reason, note=note, attendee_ids=attendee_ids)
            made.append(given)
            left -= part
    if left:
        raise conflict("Less than that is left of what was paid.", "/data")
    return made[0]


def origin_of(session: Session, payment: Payment) -> Payment:
    """The payment by which the money came: another one for what an exchanged ticket has brought along."""
    return payment if payment.source_id is None else session.get_one(Payment, payment.source_id)


def due_for(session: Session, order: Any) -> int:
    """What is to be paid to complete the order, in minor units: less the credit of a ticket it replaces."""
    return max(to_minor(order.amount, currency_of(session, order)) - (order.credit_minor or 0), 0)


def keep_the_amount_while_it_is_paid(context: Context, change: Change) -> None:
    """Hook: once an order is being paid, or has an invoice, its amount is theirs."""
    if "amount" not in change.before and "currency" not in change.before:
        return
    order, session = change.row, context.session
    demand_unpaid(session, order.id, "/data/attributes/amount")
    is_sold = order.status in states.ADMITTING and "status" not in change.before
    if is_sold or has_invoice(session, order.id):
        raise conflict("This order is sold, and billed: its amount stays.", "/data/attributes/amount")


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


def owed_for(session: Session, order: Any, *, locked: bool = True) -> int:
    """What is still to be paid for an order, in minor units: its amount, less what was paid, what went back
    by an organizer or by the rule, and what was waived for tickets that were cancelled before.
    """
    paid = sum(remainder(payment) for payment in payments_of(session, order.id, locked=locked))
    # What was revoked is owed again.
    reduced = db.fetch(session, _REDUCED, [order.id])[0][0]
    return to_minor(order.amount, currency_of(session, order)) - int(reduced) - paid


def confirm(session: Session, order: Any) -> Payment | None:
    """Note what is owed for a completed order as paid to the organizer; None where nothing is owed."""
    mode = PAYMENT_MODES.get(order.payment_mode)
    currency, owed = currency_of(session, order), owed_for(session, order)
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
