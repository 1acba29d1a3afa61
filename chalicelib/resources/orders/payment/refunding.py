"""Refunding: an organizer sends back all of an order, an amount, or what was paid for some of its tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from chalicelib import clock, db
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import update_row
from chalicelib.jsonapi.write.links import ResolvedLinks
from chalicelib.resources.orders.attendee.admission import demand_nobody_inside, is_inside
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.order import Order
from chalicelib.resources.orders.payment.ledger import add_refund, payments_of, remainder
from chalicelib.resources.orders.payment.payment import Payment
from chalicelib.resources.orders.payment.shares import shares_of
from chalicelib.resources.orders.refund import REQUESTED, Refund
from chalicelib.values.currencies import mistake_in_amount
from chalicelib.values.money import from_minor, to_minor

_LIVING: Final = "SELECT id FROM attendees WHERE order_id = $1 AND deleted_at IS NULL ORDER BY id FOR UPDATE"
_GIVE_BACK: Final = "UPDATE attendees SET deleted_at = $2 WHERE id = ANY ($1::bigint[])"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What goes back: an amount, what was paid for these attendees, or, with neither, all that is left."""

    amount: Decimal | None = None
    attendee_ids: tuple[int, ...] = ()
    note: str | None = None


def refund(context: Context, order: Order, asked: RefundRequest) -> Refund:
    """Refund an order that is locked. With attendees, their places are given back; without any that is left,
    the order is cancelled. An amount alone gives no place back.

    Raises Problem 409 where nothing was paid or somebody has checked in, 422 for more than is left.
    """
    payments = payments_of(context.session, order.id)
    payment = max(payments, key=remainder, default=None)
    if payment is None or not remainder(payment):
        raise conflict("Nothing was paid for this order that could be refunded.", "/data")
    living = [id for (id,) in db.fetch(context.session, _LIVING, [order.id])]
    if asked.amount is not None:
        amount, given = _demand_left(payment, asked.amount), []
    elif asked.attendee_ids:
        amount, given = _of_attendees(context, payment, living, asked.attendee_ids), [*asked.attendee_ids]
    else:
        demand_nobody_inside(context, order.id, "/data")
        amount, given = remainder(payment), living
    made = add_refund(
        context.session, payment, amount, REQUESTED, note=asked.note, attendee_ids=given or None
    )
    if given:
        _give_back(context, order, given, nobody_is_left=len(given) == len(living))
    return made


def _give_back(context: Context, order: Order, attendee_ids: list[int], *, nobody_is_left: bool) -> None:
    if nobody_is_left and order.status not in states.ENDED:
        orders = context.registry["order"]
        update_row(context, orders, order, ResolvedLinks(), {"status": states.CANCELLED}, follows=True)
    else:
        db.fetch(context.session, _GIVE_BACK, [attendee_ids, clock.now()])


def _demand_left(payment: Payment, amount: Decimal) -> int:
    mistake = mistake_in_amount(amount, payment.currency)
    if mistake is not None:
        raise invalid(mistake, "/amount")
    minor, left = to_minor(amount, payment.currency), remainder(payment)
    if minor <= 0:
        raise invalid("A refund is more than nothing.", "/amount")
    if minor > left:
        most = f"{from_minor(left, payment.currency)} {payment.currency}"
        raise invalid(f"There is not so much left of what was paid: {most} at most.", "/amount")
    return minor


def _of_attendees(context: Context, payment: Payment, living: Sequence[int], ids: Sequence[int]) -> int:
    for number, id in enumerate(ids):
        if id not in living:
            raise invalid("Nobody with this id comes by this order.", f"/attendees/{number}")
        attendee: Any = context.session.get_one(Attendee, id)
        if is_inside(context, attendee):
            raise conflict("This attendee has checked in: check them out first.", f"/attendees/{number}")
    shares = shares_of(context.session, payment.order_id, payment.amount_minor)
    left = remainder(payment)
    amount = left if len(ids) == len(living) else min(sum(shares[id] for id in ids), left)
    if not amount:
        raise conflict("Nothing was paid for these tickets, or it went back already.", "/attendees")
    return amount
