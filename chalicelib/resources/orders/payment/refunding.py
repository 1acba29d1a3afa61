"""Refunding: money of an order goes back, and places with it. Organizers send back what they like; buyers
what the event's refund rule gives, at once or when an organizer approves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import update_row
from chalicelib.jsonapi.write.links import ResolvedLinks
from chalicelib.resources.orders.attendee.admission import demand_nobody_inside, is_inside
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.cancelling import note_request
from chalicelib.resources.orders.payment.ledger import add_refunds, remainder
from chalicelib.resources.orders.payment.payment import Payment
from chalicelib.resources.orders.payment.quoting import Quote, demand_funds, funds_of
from chalicelib.resources.orders.payment.shares import balances_of_all
from chalicelib.resources.orders.refund import BY_RULE, REQUESTED, Refund
from chalicelib.resources.orders.refund_request import APPROVED, RefundRequest
from chalicelib.resources.orders.refund_request import REQUESTED as WAITING
from chalicelib.values.currencies import mistake_in_amount
from chalicelib.values.money import from_minor, to_minor

_LIVING: Final = "SELECT id FROM attendees WHERE order_id = $1 AND deleted_at IS NULL ORDER BY id FOR UPDATE"
_GIVE_BACK: Final = "UPDATE attendees SET deleted_at = $2 WHERE id = ANY ($1::bigint[])"
_ASKED_FOR: Final = """
SELECT 1 FROM refund_requests asked, jsonb_array_elements(asked.attendee_ids) ticket (id)
WHERE asked.order_id = $1 AND asked.state = 'requested' AND ticket.id::bigint = ANY ($2::bigint[]) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """What an organizer sends back: an amount, what was paid for these attendees, or, with neither, all that
    is left.
    """

    amount: Decimal | None = None
    attendee_ids: tuple[int, ...] = ()
    note: str | None = None


def refund(context: Context, order: Order, asked: RefundRequested) -> Refund:
    """Refund an order that is locked, as an organizer wants it. With attendees, their places are given back;
    without any that is left, the order is cancelled. An amount alone gives no place back.

    Raises Problem 409 where nothing was paid or somebody has checked in, 422 for more than is left.
    """
    funds = demand_funds(context.session, order.id)
    coming = _coming(context, order)
    given: Sequence[int]
    if asked.amount is not None:
        amount, given = _demand_left(funds, asked.amount), []
    elif asked.attendee_ids:
        amount, given = _of_attendees(context, funds, coming, asked.attendee_ids), asked.attendee_ids
    else:
        demand_nobody_inside(context, order.id, "/data")
        amount, given = sum(map(remainder, funds)), coming
    made = add_refunds(
        context.session, funds, amount, REQUESTED, note=asked.note, attendee_ids=[*given] or None
    )
    give_back(context, order, given, coming)
    return made


def refund_as_quoted(context: Context, order: Order, quote: Quote, note: str | None) -> Refund:
    """Refund what the event's rule gives its buyer, who needs nobody's approval; the order is locked.

    Raises Problem 409 where an organizer has to approve.
    """
    if quote.needs_approval:
        reason = "An organizer has to approve this refund: ask for it at /v1/orders/{order}/refund-requests."
        raise conflict(reason, "/quote")
    funds = funds_of(context.session, order.id)
    coming = _coming(context, order)
    made = add_refunds(
        context.session, funds, quote.amount, BY_RULE, note=note, attendee_ids=[*quote.attendee_ids]
    )
    give_back(context, order, quote.attendee_ids, coming)
    return made


def ask_for(context: Context, order: Order, quote: Quote, note: str | None) -> RefundRequest:
    """Ask the organizers for what the rule gives; where they need not approve, it is refunded at once.

    Raises Problem 409 where it was asked for already.
    """
    if db.fetch(context.session, _ASKED_FOR, [order.id, [*quote.attendee_ids]]):
        raise conflict("A refund of one of these tickets was asked for already.", "/attendees")
    request = note_request(context.session, order, quote, note)
    if not quote.needs_approval:
        request.state, request.answered_at = APPROVED, clock.now()
        request.refund_id = refund_as_quoted(context, order, quote, note).id
    else:
        signals.emit(context.session, "refund.requested", id=request.id, viewer_id=context.viewer.id)
    context.session.flush()
    return request


def approve(context: Context, order: Order, request: RefundRequest, answer: str | None) -> Refund:
    """Refund what was asked for; order and request are locked. Raises Problem 409 where it is not possible
    any more.
    """
    funds = demand_funds(context.session, order.id)
    if sum(map(remainder, funds)) < request.amount_minor:
        raise conflict(
            "Less than that is left of what was paid: refund another amount, and decline.", "/data"
        )
    coming = _coming(context, order)
    given = [id for id in request.attendee_ids if id in coming]
    for id in given:
        if is_inside(context, context.session.get_one(Attendee, id)):
            raise conflict(
                "An attendee has checked in with one of these tickets: check them out first.", "/data"
            )
    # From here on, the refund that follows does not supersede it.
    request.state, request.answered_at, request.answer = APPROVED, clock.now(), answer
    context.session.flush()
    made = add_refunds(
        context.session,
        funds,
        request.amount_minor,
        BY_RULE,
        note=answer or request.note,
        attendee_ids=request.attendee_ids,
    )
    request.refund_id = made.id
    give_back(context, order, given, coming)
    context.session.flush()
    return made


def demand_waiting(request: RefundRequest) -> None:
    """Raise Problem 409 unless the request waits for an answer."""
    if request.state != WAITING:
        raise conflict(f"This request is {request.state} already.", "/state")


def give_back(context: Context, order: Order, given: Sequence[int], coming: Sequence[int]) -> None:
    """Free the places of a locked order; with the last of those who are `coming`, it is cancelled."""
    if not given:
        return
    if len(given) == len(coming) and order.status not in states.ENDED:
        orders = context.registry["order"]
        update_row(context, orders, order, ResolvedLinks(), {"status": states.CANCELLED}, follows=True)
    else:
        db.fetch(context.session, _GIVE_BACK, [[*given], clock.now()])


def _coming(context: Context, order: Order) -> list[int]:
    return [id for (id,) in db.fetch(context.session, _LIVING, [order.id])]


def _demand_left(funds: Sequence[Payment], amount: Decimal) -> int:
    currency = funds[0].currency
    mistake = mistake_in_amount(amount, currency)
    if mistake is not None:
        raise invalid(mistake, "/amount")
    minor, left = to_minor(amount, currency), sum(map(remainder, funds))
    if minor <= 0:
        raise invalid("A refund is more than nothing.", "/amount")
    if minor > left:
        most = f"{from_minor(left, currency)} {currency}"
        raise invalid(f"There is not so much left of what was paid: {most} at most.", "/amount")
    return minor


def _of_attendees(
    context: Context, funds: Sequence[Payment], coming: Sequence[int], ids: Sequence[int]
) -> int:
    for number, id in enumerate(ids):
        if id not in coming:
            raise invalid("Nobody with this id comes by this order.", f"/attendees/{number}")
        attendee: Any = context.session.get_one(Attendee, id)
        if is_inside(context, attendee):
            raise conflict("This attendee has checked in: check them out first.", f"/attendees/{number}")
    balances, left = balances_of_all(context.session, funds), sum(map(remainder, funds))
    amount = left if len(ids) == len(coming) else sum(balances[id] for id in ids)
    if not amount:
        raise conflict("Nothing was paid for these tickets, or it went back already.", "/attendees")
    return amount
