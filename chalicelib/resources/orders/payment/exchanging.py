"""Completion of an exchange: the new order is completed and the old ticket given up, in one transaction.

What was paid for the old ticket pays for the new one: the ledger of the old order has a refund for it, that
of the new one a payment, and no money moves. Asked wherever an order is completed: by PATCH, by its payment,
and where nothing is to be paid. The new order is locked first, by the caller, then the old one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.after_purchase import BY_RULE, KEPT, REFUSED
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders import refund
from chalicelib.resources.orders.attendee.admission import was_used
from chalicelib.resources.orders.attendee.cancellation import TicketCancellation
from chalicelib.resources.orders.form_request import go_on_with
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment.cancelling import note_request
from chalicelib.resources.orders.payment.ledger import add_refund, add_refunds, currency_of
from chalicelib.resources.orders.payment.payment import EXCHANGE, SUCCEEDED, Payment
from chalicelib.resources.orders.payment.quoting import Quote, funds_of
from chalicelib.resources.orders.payment.shares import balances_of, balances_of_all
from chalicelib.resources.orders.payment.terms import Terms, terms_of
from chalicelib.resources.orders.ticket_exchange import TicketExchange
from chalicelib.values.money import to_minor

_THERE: Final = """
SELECT 1 FROM attendees person JOIN events event ON event.id = person.event_id
WHERE person.id = $1 AND person.deleted_at IS NULL AND event.deleted_at IS NULL
AND coalesce(person.transferred_at <= $2, TRUE)
AND NOT EXISTS (SELECT FROM refund_requests asked WHERE asked.order_id = person.order_id
  AND asked.state = 'requested' AND asked.attendee_ids @> to_jsonb(person.id))
"""
_OTHERS: Final = "SELECT 1 FROM attendees WHERE order_id = $1 AND deleted_at IS NULL AND id <> $2 LIMIT 1"
# One statement: in a full pool the new ticket has the place of the old one, which nobody else has in between,
# and is not kept for the waiting list.
_SWAP: Final = """
UPDATE attendees SET deleted_at = CASE WHEN id = $1 THEN $2::timestamptz END
WHERE id = $1 OR (order_id = $3 AND deleted_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM attendees held WHERE held.order_id = $3 AND held.deleted_at IS NULL))
"""
# As whoever changes the line of a session.
_LOCK_SESSIONS: Final = """
SELECT id FROM sessions WHERE id IN (
  SELECT session_id FROM session_sign_ups WHERE attendee_id = $1 AND state <> 'cancelled'
) ORDER BY id FOR NO KEY UPDATE
"""
# Places in sessions stay with whoever has them, but for those that the new kind of ticket does not open.
_KEEP_SIGN_UPS: Final = """
UPDATE session_sign_ups SET attendee_id = comes.id FROM attendees comes, attendees former
WHERE former.id = $1 AND session_sign_ups.attendee_id = former.id AND session_sign_ups.state <> 'cancelled'
AND comes.order_id = $2 AND comes.event_id = former.event_id AND (
  NOT EXISTS (SELECT FROM sessions_sign_up_tickets kind WHERE kind.session_id = session_sign_ups.session_id)
  OR EXISTS (SELECT FROM sessions_sign_up_tickets kind
    WHERE kind.session_id = session_sign_ups.session_id AND kind.ticket_id = comes.ticket_id))
"""
_GONE: Final = (
    "The ticket to be exchanged was used, cancelled or passed on since, or a refund of it is asked for."
)


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of what the old ticket was worth more, in minor units: `amount` of it goes back."""

    more: int
    amount: int
    terms: Terms | None

    @property
    def needs_approval(self) -> bool:
        """Whether an organizer decides about it."""
        return self.terms is not None and self.terms.needs_approval


def difference_of(session: Session, order: Any, credit: int, price: int) -> Difference:
    """What goes back of a ticket of this order that is worth more than the one that replaces it.

    Raises Problem 409 where the event exchanges no ticket for a cheaper one.
    """
    more = max(credit - price, 0)
    rule = session.get_one(Event, order.event_id).cheaper_exchange
    if not more:
        return Difference(0, 0, None)
    if rule == REFUSED:
        raise conflict("Tickets of this event are not exchanged for cheaper ones.", "/ticket")
    if rule == KEPT:
        return Difference(more, 0, None)
    if rule == BY_RULE:
        terms = terms_of(session, order, [more], currency_of(session, order))
        return Difference(more, terms.amount if terms is not None else 0, terms)
    return Difference(more, more, None)


def take_over(context: Context, change: Change) -> None:
    """After-write hook: with the order that is for it, an exchange is completed."""
    if change.row.status == states.COMPLETED and "status" in change.before:
        finish(context.session, change.row)


def finish(session: Session, order: Any) -> None:
    """Give up the ticket that the locked order replaces, whose money becomes the order's; once.

    Raises Problem 409 where the ticket is not what it was when the exchange began.
    """
    if order.credit_minor is None:
        return
    locked = {"populate_existing": True}
    which = select(TicketExchange).where(TicketExchange.new_order_id == order.id).with_for_update()
    exchange = session.scalars(which.execution_options(**locked)).one_or_none()
    if exchange is None:  # with the order of the old ticket, which staff has deleted
        raise conflict(_GONE, "/data")
    if exchange.completed_at is not None:
        return
    orders: Any = type(order)
    this = select(orders).where(orders.id == exchange.order_id).with_for_update()
    former = session.scalars(this.execution_options(**locked)).one()
    funds = funds_of(session, former.id)
    _demand_there(session, exchange, former, funds)
    price = to_minor(order.amount, exchange.currency)
    difference = difference_of(session, former, exchange.credit_minor, price)
    session.add(
        TicketCancellation(
            is_of_paid=True,
            attendee_id=exchange.attendee_id,
            order_id=former.id,
            cancelled_by_id=exchange.asked_by_id,
        )
    )
    session.flush()
    _move_along(session, exchange, former, funds, min(exchange.credit_minor, price))
    _send_back(session, exchange, former, funds, difference)
    go_on_with(session, exchange.attendee_id, order.id)
    db.fetch(session, _LOCK_SESSIONS, [exchange.attendee_id])
    db.fetch(session, _KEEP_SIGN_UPS, [exchange.attendee_id, order.id])
    db.fetch(session, _SWAP, [exchange.attendee_id, clock.now(), order.id])
    _end_without_tickets(session, exchange, former)
    exchange.completed_at, exchange.back_minor = clock.now(), difference.amount
    session.flush()
    signals.emit(session, "ticket-exchange.completed", id=exchange.id, viewer_id=exchange.asked_by_id)


def is_expected(session: Session, exchange: TicketExchange, former: Any) -> bool:
    """Whether the ticket is still that which the exchange began with, its money apart."""
    since: datetime = exchange.created_at
    return (
        former.status == states.COMPLETED
        and bool(db.fetch(session, _THERE, [exchange.attendee_id, since]))
        and not was_used(session, former.id, exchange.attendee_id)
    )


def _demand_there(session: Session, exchange: TicketExchange, former: Any, funds: Sequence[Payment]) -> None:
    worth = balances_of_all(session, funds).get(exchange.attendee_id, 0)
    if not is_expected(session, exchange, former) or worth < exchange.credit_minor:
        raise conflict(_GONE, "/data")


def _move_along(
    session: Session, exchange: TicketExchange, former: Any, funds: Sequence[Payment], amount: int
) -> None:
    """So much of what was paid for the old ticket pays for the new one, with the platform's part of it."""
    bought = session.get_one(type(former), exchange.new_order_id)
    for payment in funds:
        part = min(balances_of(session, payment).get(exchange.attendee_id, 0), amount)
        if not part:
            continue
        kept = _fee_of_refunds(payment)
        add_refund(session, payment, part, refund.EXCHANGED, attendee_ids=[exchange.attendee_id])
        session.add(
            Payment(
                order_id=bought.id,
                event_id=bought.event_id,
                provider=EXCHANGE,
                mode=payment.mode,
                method=payment.method,
                brand=payment.brand,
                last4=payment.last4,
                amount_minor=part,
                fee_minor=min(_fee_of_refunds(payment) - kept, part),
                currency=payment.currency,
                state=SUCCEEDED,
                transaction_id=payment.transaction_id,
                paid_at=clock.now(),
                source_id=payment.source_id or payment.id,
                was_billed=payment.was_billed or former.event_invoice_id is not None,
            )
        )
        amount -= part
    session.flush()


def _fee_of_refunds(payment: Payment) -> int:
    """The platform's part of what went back of the payment."""
    return payment.fee_minor * payment.refunded_minor // payment.amount_minor


def _send_back(
    session: Session, exchange: TicketExchange, former: Any, funds: Sequence[Payment], difference: Difference
) -> None:
    ids, terms = [exchange.attendee_id], difference.terms
    if terms is not None and terms.needs_approval:
        quote = Quote(
            order_id=former.id,
            payment_id=funds[0].id,
            currency=exchange.currency,
            attendee_ids=(exchange.attendee_id,),
            is_whole=False,
            paid=difference.more,
            percent=terms.percent,
            share=terms.share,
            fee=terms.fee,
            amount=terms.amount,
            until=terms.until,
            needs_approval=True,
        )
        request = note_request(session, former, quote, None)
        signals.emit(session, "refund.requested", id=request.id, viewer_id=exchange.asked_by_id)
    elif difference.amount:
        add_refunds(session, funds, difference.amount, refund.BY_RULE, attendee_ids=ids)


def _end_without_tickets(session: Session, exchange: TicketExchange, former: Any) -> None:
    """An order whose last ticket it was is cancelled."""
    if db.fetch(session, _OTHERS, [former.id, exchange.attendee_id]):
        return
    before, former.status, former.expires_at = former.status, states.CANCELLED, None
    session.flush()
    signals.emit(
        session,
        "order.cancelled",
        id=former.id,
        former=before,
        expires_at=None,
        viewer_id=exchange.asked_by_id,
        is_exchanged=True,
    )
