"""Refund quotes: what a buyer gets back for tickets by the event's refund rule, before anything is done.

One rule for every way in: the quote that is shown, the refund that is made by it, the cancellation of an
order by its buyer, and the request for an organizer's approval.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.attendee.admission import demand_none_used
from chalicelib.resources.orders.payment.ledger import living, payments_of, remainder
from chalicelib.resources.orders.payment.payment import Payment
from chalicelib.resources.orders.payment.shares import balances_of_all
from chalicelib.resources.orders.payment.terms import terms_of
from chalicelib.values.money import from_minor

# Whose refund was asked for, and not answered yet.
_ASKED: Final = """
SELECT ticket.id::bigint FROM refund_requests asked, jsonb_array_elements(asked.attendee_ids) ticket (id)
WHERE asked.order_id = $1 AND asked.state = 'requested'
"""
# What was passed on is not the buyer's any more: it is refunded by organizers, as they like.
_PASSED_ON: Final = """
SELECT id FROM attendees WHERE order_id = $1 AND deleted_at IS NULL AND transferred_at IS NOT NULL
"""
_NOTHING: Final = "Nothing was paid for this order that could be refunded."


@dataclass(frozen=True, slots=True)
class Quote:
    """What goes back for these tickets; amounts in minor units.

    paid is what was paid for them, share is `percent` of it, amount is share less fee; until is when this
    ends.
    """

    order_id: int
    payment_id: int
    currency: str
    attendee_ids: tuple[int, ...]
    is_whole: bool
    paid: int
    percent: int
    share: int
    fee: int
    amount: int
    until: datetime
    needs_approval: bool

    @property
    def token(self) -> str:
        """Names exactly these terms: a refund with it is made as quoted, or refused."""
        text = dumps(asdict(self), default=str, sort_keys=True)
        return sha256(text.encode()).hexdigest()[:40]

    def document(self) -> dict[str, Any]:
        """As clients read it: amounts in units of the currency."""

        def units(minor: int) -> float:
            return float(from_minor(minor, self.currency))

        return {
            "quote": self.token,
            "currency": self.currency,
            "attendees": [*self.attendee_ids],
            "cancels-order": self.is_whole,
            "paid": units(self.paid),
            "percent": self.percent,
            "share": units(self.share),
            "fee": units(self.fee),
            "amount": units(self.amount),
            "kept": units(self.paid - self.amount),
            "until": self.until.isoformat(),
            "needs-approval": self.needs_approval,
        }


def demand_funds(session: Session, order_id: int, *, locked: bool = True) -> list[Payment]:
    """The payments of which something is left, the fullest first. Raises Problem 409 where nothing is."""
    funds = funds_of(session, order_id, locked=locked)
    if not funds:
        raise conflict(_NOTHING, "/data")
    return funds


def funds_of(session: Session, order_id: int, *, locked: bool = True) -> list[Payment]:
    """The payments of which something is left, the fullest first."""
    payments = payments_of(session, order_id, locked=locked)
    return sorted(filter(remainder, payments), key=remainder, reverse=True)


def quote_of(context: Context, order: Any, attendee_ids: Sequence[int] = (), *, locked: bool = True) -> Quote:
    """What goes back for these tickets, or for all that are left, at this moment.

    Raises Problem 409 where the event's rule gives nothing back, nothing was paid or a ticket was used, 422
    with a pointer into /attendees for who does not come by the order.
    """
    funds = demand_funds(context.session, order.id, locked=locked)
    left = living(context.session, order.id)
    for number, id in enumerate(attendee_ids):
        if id not in left:
            raise invalid("Nobody with this id comes by this order.", f"/attendees/{number}")
    passed_on = {id for (id,) in db.fetch(context.session, _PASSED_ON, [order.id])}
    for number, id in enumerate(attendee_ids):
        if id in passed_on:
            raise conflict("This ticket was passed on: whose it is cancels it.", f"/attendees/{number}")
    ids = tuple(sorted(set(attendee_ids))) or tuple(id for id in left if id not in passed_on)
    if not ids:
        raise conflict("All tickets of this order were passed on.", "/data")
    demand_none_used(context, order.id, ids, "/attendees" if attendee_ids else "/data")
    quote = _quote(context.session, order, funds, ids, is_whole=len(ids) == len(left))
    if quote is None:
        raise conflict("By the refund rule of this event, nothing goes back: ask its organizers.", "/data")
    return quote


def quote_of_ticket(
    session: Session, order: Any, attendee_id: int, *, locked: bool = True
) -> tuple[int, Quote | None]:
    """What was paid for one ticket and has not gone back, in minor units, and what the rule gives of it; None
    where that is nothing. Whether it was used is asked elsewhere.
    """
    funds = funds_of(session, order.id, locked=locked)
    if not funds:
        return 0, None
    ids = (attendee_id,)
    is_whole = living(session, order.id) == [attendee_id]
    paid = balances_of_all(session, funds).get(attendee_id, 0)
    return paid, _quote(session, order, funds, ids, is_whole=is_whole)


def quote_of_rest(session: Session, order: Any, *, without_asked: bool = False) -> Quote | None:
    """What goes back for all tickets that are left; None where nothing was paid, or the rule gives nothing.

    Whether they were used is asked elsewhere. `without_asked` leaves out those of requests that wait.
    """
    funds = funds_of(session, order.id)
    asked = {id for (id,) in db.fetch(session, _ASKED, [order.id])} if without_asked else frozenset[int]()
    ids = tuple(id for id in living(session, order.id) if id not in asked)
    if not funds or not ids:
        return None
    return _quote(session, order, funds, ids, is_whole=True)


def _quote(
    session: Session, order: Any, funds: Sequence[Payment], ids: tuple[int, ...], *, is_whole: bool
) -> Quote | None:
    payment, balances = funds[0], balances_of_all(session, funds)
    terms = terms_of(session, order, [balances[id] for id in ids], payment.currency)
    if terms is None:
        return None
    return Quote(
        order_id=order.id,
        payment_id=payment.id,
        currency=payment.currency,
        attendee_ids=ids,
        is_whole=is_whole,
        paid=sum(balances[id] for id in ids),
        percent=terms.percent,
        share=terms.share,
        fee=terms.fee,
        amount=terms.amount,
        until=terms.until,
        needs_approval=terms.needs_approval,
    )
