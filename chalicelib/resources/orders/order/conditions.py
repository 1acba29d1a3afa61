"""What must be true of an order before it moves on: who comes, how it is paid and who is billed is known."""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.admission import demand_nobody_inside, demand_nothing_used
from chalicelib.resources.orders.attendee.forms import demand_answers_of_all
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES
from chalicelib.resources.orders.payment.payment import Bill, provider_of

_BILLED: Final = ("company", "address", "city", "zipcode", "country")
_STATUS: Final = "/data/attributes/status"


@dataclass(frozen=True, slots=True)
class Move:
    """An order on its way from its `former` state to the one that stands in its `row`."""

    context: Context
    row: Any
    former: str


def bill_of(context: Context, row: Any) -> Bill:
    """What the order asks for, as a payment provider wants to know it."""
    event = context.session.get_one(Event, row.event_id)
    mode = PAYMENT_MODES.get(row.payment_mode)
    return Bill(
        amount=row.amount,
        currency=row.currency or event.payment_currency,
        mode=row.payment_mode,
        accepted=mode is not None and bool(getattr(event, mode.switch)),
        confirmed=context.viewer.holds(COORGANIZERS, row.event_id),
        transaction_id=row.transaction_id,
    )


def know_who_comes(move: Move) -> None:
    """Every attendee has answered what the event's form asks. Raises Problems with 422."""
    demand_answers_of_all(move.context.session, move.row.event_id, move.row.id)


def know_who_is_billed(move: Move) -> None:
    """Where there is a bill, it has an address. Raises Problem 422."""
    demand_address(move.context, move.row)


def can_be_paid(move: Move) -> None:
    """The event takes the payment, in so far as it is known how it is paid. Raises Problem 422."""
    if move.row.payment_mode is not None or move.row.status != states.PENDING:
        bill = bill_of(move.context, move.row)
        provider_of(bill).begin(bill)


def is_paid_to_the_organiser(move: Move) -> None:
    """The payment is one that the organiser waits for. Raises Problem 403, or 422 as can_be_paid does."""
    bill = bill_of(move.context, move.row)
    if provider_of(bill).begin(bill) != states.PLACED:
        raise forbidden("An order is placed when the organiser is paid directly.", _STATUS)


def is_paid(move: Move) -> None:
    """The money has come, or none is owed. Raises Problem 403 or 422."""
    bill = bill_of(move.context, move.row)
    provider_of(bill).prove(bill)


def costs_nothing(move: Move) -> None:
    """No money has changed hands. Raises Problem 403."""
    if move.row.amount > 0:
        raise forbidden("This order was paid for: its buyer may cancel it.", _STATUS)


def nobody_is_inside(move: Move) -> None:
    """Nobody is in by a ticket whose place is given back. Raises Problem 409."""
    demand_nobody_inside(move.context, move.row.id, _STATUS)


def nothing_was_used(move: Move) -> None:
    """No ticket was used at the door: what was, only the event's team takes back. Raises Problem 409."""
    if not move.context.viewer.holds(COORGANIZERS, move.row.event_id):
        demand_nothing_used(move.context, move.row.id, _STATUS)
    nobody_is_inside(move)


def event_is_there(move: Move) -> None:
    """What is ordered is for an event that has not been removed. Raises Problem 409."""
    if move.context.session.get_one(Event, move.row.event_id).deleted_at is not None:
        raise conflict("The event was removed: its orders can only be cancelled.", _STATUS)


def demand_address(context: Context, row: Any) -> None:
    """Raise Problem 422 unless the order's bill, if it costs and wants one, has an address."""
    if row.amount <= 0:
        return
    event = context.session.get_one(Event, row.event_id)
    if not row.is_billing_enabled and not event.is_billing_info_mandatory:
        return
    for name in _BILLED:
        if not (getattr(row, name) or "").strip():
            raise invalid(f"A bill needs {name}.", f"/data/attributes/{name}")
