"""Cancellation of a single ticket: quoted first, then done exactly as quoted, once.

What was paid for it goes back by the event's refund rule, as any refund of a buyer's does; what is not paid
yet is not owed any more; what costs nothing is given up. With its last ticket an order is cancelled.
"""

from dataclasses import asdict, dataclass
from hashlib import sha256
from json import dumps
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.admission import demand_none_used
from chalicelib.resources.orders.attendee.cancellation import TicketCancellation
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.cancelling import note_request
from chalicelib.resources.orders.payment.ledger import add_refunds, currency_of, owed_for, payments_of
from chalicelib.resources.orders.payment.payment import UNFINISHED
from chalicelib.resources.orders.payment.quoting import Quote, funds_of, quote_of_ticket
from chalicelib.resources.orders.payment.refunding import give_back
from chalicelib.resources.orders.payment.shares import shares_of_owed
from chalicelib.resources.orders.refund import BY_RULE
from chalicelib.values.money import from_minor

_LIVING: Final = "SELECT id FROM attendees WHERE order_id = $1 AND deleted_at IS NULL ORDER BY id"
_ASKED: Final = """
SELECT 1 FROM refund_requests asked WHERE asked.order_id = $1 AND asked.state = 'requested'
AND asked.attendee_ids @> to_jsonb($2::bigint) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class TicketQuote:
    """What the cancellation of a ticket gives; amounts in minor units.

    paid is what was paid for it, waived what is not owed any more for it; rule is what goes back by the
    event's refund rule, None where nothing does.
    """

    order_id: int
    attendee_id: int
    currency: str
    cancels_order: bool
    paid: int
    waived: int
    rule: Quote | None

    @property
    def amount(self) -> int:
        """What goes back."""
        return self.rule.amount if self.rule is not None else 0

    @property
    def needs_approval(self) -> bool:
        """Whether an organizer decides about the money; the place is given back at once."""
        return self.rule is not None and self.rule.needs_approval

    @property
    def token(self) -> str:
        """Names exactly these terms: a cancellation with it is made as quoted, or refused."""
        text = dumps(asdict(self), default=str, sort_keys=True)
        return sha256(text.encode()).hexdigest()[:40]

    def document(self) -> dict[str, Any]:
        """As clients read it: amounts in units of the currency."""

        def units(minor: int) -> float:
            return float(from_minor(minor, self.currency))

        rule = self.rule
        return {
            "quote": self.token,
            "attendee": self.attendee_id,
            "currency": self.currency,
            "cancels-order": self.cancels_order,
            "paid": units(self.paid),
            "percent": rule.percent if rule is not None else 0,
            "share": units(rule.share) if rule is not None else 0.0,
            "fee": units(rule.fee) if rule is not None else 0.0,
            "amount": units(self.amount),
            "kept": units(self.paid - self.amount),
            "waived": units(self.waived),
            "until": rule.until.isoformat() if rule is not None else None,
            "needs-approval": self.needs_approval,
        }


def quote_of(context: Context, order: Order, attendee_id: int, *, locked: bool = True) -> TicketQuote:
    """What the cancellation of this ticket gives at this moment.

    Raises Problem 409 where it cannot be cancelled: its order is not sold, it is used or gone, a refund of it
    is asked for, or the event is over.
    """
    session = context.session
    living = _demand_there(context, order, attendee_id)
    paid, rule = quote_of_ticket(session, order, attendee_id, locked=locked)
    waived = 0
    if order.status == states.PLACED:
        if any(payment.state in UNFINISHED for payment in payments_of(session, order.id, locked=locked)):
            raise conflict("This order is being paid online: end that first.", "/data")
        owed = max(owed_for(session, order, locked=locked), 0)
        waived = shares_of_owed(session, order.id, owed)[attendee_id]
    return TicketQuote(
        order_id=order.id,
        attendee_id=attendee_id,
        currency=currency_of(session, order),
        cancels_order=living == [attendee_id],
        paid=paid,
        waived=waived,
        rule=rule,
    )


def cancel(context: Context, order: Order, quote: TicketQuote, note: str | None) -> None:
    """Cancel the ticket as quoted; the order is locked. Raises Problem where the order cannot end with it."""
    session, viewer, rule = context.session, context.viewer, quote.rule
    session.add(
        TicketCancellation(
            is_of_paid=order.status == states.COMPLETED,
            waived_minor=quote.waived,
            note=note,
            attendee_id=quote.attendee_id,
            order_id=order.id,
            cancelled_by_id=viewer.id,
        )
    )
    session.flush()
    refund_id = None
    if rule is not None and rule.needs_approval:
        request = note_request(session, order, rule, note)
        signals.emit(session, "refund.requested", id=request.id, viewer_id=viewer.id)
    elif rule is not None:
        funds, ids = funds_of(session, order.id), [*rule.attendee_ids]
        refund_id = add_refunds(session, funds, rule.amount, BY_RULE, note=note, attendee_ids=ids).id
    give_back(context, order, [quote.attendee_id], _living(session, order.id))
    signals.emit(
        session,
        "attendee.cancelled",
        id=quote.attendee_id,
        order_id=order.id,
        refund_id=refund_id,
        viewer_id=viewer.id,
    )


def _demand_there(context: Context, order: Order, attendee_id: int) -> list[int]:
    """The ids of all who come by the order. Raises Problem 409 where this ticket cannot be cancelled."""
    session = context.session
    event = session.get_one(Event, order.event_id)
    if order.status not in states.ADMITTING:
        raise conflict(f"The order is {order.status}: a ticket is cancelled once it is sold.", "/data")
    living = _living(session, order.id)
    if attendee_id not in living:
        raise conflict("This ticket was cancelled or removed already.", "/data")
    if event.deleted_at is not None or event.ends_at <= clock.now():
        raise conflict("The event is over, or was removed: its tickets stay as they are.", "/data")
    demand_none_used(context, order.id, [attendee_id], "/data")
    if db.fetch(session, _ASKED, [order.id, attendee_id]):
        raise conflict("A refund of this ticket was asked for already: withdraw that first.", "/data")
    return living


def _living(session: Session, order_id: int) -> list[int]:
    return [id for (id,) in db.fetch(session, _LIVING, [order_id])]
