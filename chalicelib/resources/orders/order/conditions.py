"""Conditions of order state transitions: attendees, billing and payment are complete."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import Problem, conflict, forbidden, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.admission import demand_nobody_inside, demand_nothing_used
from chalicelib.resources.orders.attendee.forms import demand_answers_of_all
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.order.link_loader import ORDER
from chalicelib.resources.orders.payment import ledger
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES
from chalicelib.resources.orders.payment.strategies import Bill, provider_of
from chalicelib.settings import settings
from chalicelib.values.money import from_minor

_BILLED: Final = ("company", "address", "city", "zipcode", "country")
_STATUS: Final = "/data/attributes/status"
_PASSED_ON: Final = """
SELECT 1 FROM attendees coming WHERE coming.order_id = $1 AND coming.deleted_at IS NULL
AND coming.transferred_at IS NOT NULL AND lower(coming.email) IS DISTINCT FROM lower($2) LIMIT 1
"""
_LAST: Final = """
SELECT count(*) = 1 AND bool_and(lower(coming.email) = lower($2) AND event.is_attendee_cancellation_enabled)
FROM attendees coming JOIN events event ON event.id = coming.event_id
WHERE coming.order_id = $1 AND coming.deleted_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Move:
    """A state transition of an order, from `former` to the state in `row`."""

    context: Context
    row: Any
    former: str


def bill_of(context: Context, row: Any) -> Bill:
    """The order's Bill for a payment provider."""
    event = context.session.get_one(Event, row.event_id)
    mode = PAYMENT_MODES.get(row.payment_mode)
    amount = row.amount
    if row.credit_minor is not None:  # a ticket that it replaces pays for some of it
        amount = from_minor(ledger.due_for(context.session, row), ledger.currency_of(context.session, row))
    return Bill(
        amount=amount,
        currency=row.currency or event.payment_currency,
        mode=row.payment_mode,
        accepted=mode is not None and bool(getattr(event, mode.switch)),
        confirmed=context.viewer.has_role(COORGANIZERS, row.event_id),
        transaction_id=row.transaction_id,
    )


def require_attendee_answers(move: Move) -> None:
    """All attendees have answered the event's form. Raises Problems with 422."""
    demand_answers_of_all(move.context.session, move.row.event_id, move.row.id)


def require_billing_address(move: Move) -> None:
    """A bill has an address. Raises Problem 422."""
    demand_address(move.context, move.row)


def replaces_no_ticket(move: Move) -> None:
    """No ticket is exchanged for it: that is given up when the difference is paid. Raises Problem 403."""
    if move.row.credit_minor is not None:
        raise forbidden("A ticket is exchanged once the difference is paid: make the order pending.", _STATUS)


def can_be_paid(move: Move) -> None:
    """The event accepts the payment mode, if one is chosen. Raises Problem 422."""
    if move.row.payment_mode is not None or move.row.status != states.PENDING:
        bill = bill_of(move.context, move.row)
        provider_of(bill).begin(bill)


def is_paid_to_the_organizer(move: Move) -> None:
    """The payment goes to the organizer directly. Raises Problem 403, or 422 as can_be_paid does."""
    bill = bill_of(move.context, move.row)
    if provider_of(bill).begin(bill) != states.PLACED:
        raise forbidden("An order is placed when the organizer is paid directly.", _STATUS)


def is_paid(move: Move) -> None:
    """The payment was received, or none is owed. Raises Problem 403 or 422."""
    bill = bill_of(move.context, move.row)
    provider_of(bill).prove(bill)


def costs_nothing(move: Move) -> None:
    """The amount is 0, or all of it went back or is not owed any more. Raises Problem 403."""
    session, row = move.context.session, move.row
    if row.amount > 0 and not ledger.went_back(session, row.id) and _is_paid_or_owed(session, row):
        raise forbidden("This order was paid for: refund it, or its buyer may cancel it.", _STATUS)


def nothing_is_kept(move: Move) -> None:
    """No money is kept without an order: what was paid went back. Raises Problem 409.

    Buyers may cancel their own order: the event's refund rule says what goes back.
    """
    row = move.row
    is_own = is_buyer(move.context.viewer, row.id, row.user_id, row.profile_id)
    if is_own and move.row.status == states.CANCELLED:
        return
    if ledger.is_paid_for(move.context.session, move.row.id) and not ledger.went_back(
        move.context.session, move.row.id
    ):
        raise conflict("This order was paid for: refund it first.", _STATUS)


def address_is_proven(move: Move) -> None:
    """Who buys without an account has opened the mailed link, before places are theirs that no money has
    come for. Raises Problem 403 with the code unverified-user.
    """
    row, is_free = move.row, not move.row.amount and settings().unverified_order_free
    if move.context.viewer.holds(ORDER, row.id) and row.guest_verified_at is None and not is_free:
        detail = "Open the link that was mailed to your address first, or pay online."
        raise Problem(403, detail, pointer=_STATUS, code="unverified-user")


def nobody_is_inside(move: Move) -> None:
    """No attendee is checked in whose seat would be released. Raises Problem 409."""
    demand_nobody_inside(move.context, move.row.id, _STATUS)


def nothing_was_used(move: Move) -> None:
    """No ticket was used; otherwise only the event's team cancels. Raises Problem 409."""
    if not move.context.viewer.has_role(COORGANIZERS, move.row.event_id):
        demand_nothing_used(move.context, move.row.id, _STATUS)
    nobody_is_inside(move)


def holds_last_ticket(context: Context, row: Any) -> bool:
    """Whether the viewer's verified address is that of the only one who comes by the order, at an event where
    attendees cancel their own tickets.
    """
    viewer = context.viewer
    if viewer.id is None or not viewer.is_verified:
        return False
    return bool(db.fetch(context.session, _LAST, [row.id, viewer.email], flush=False)[0][0])


def nothing_was_passed_on(move: Move) -> None:
    """No ticket belongs to somebody else by now, where the buyer cancels. Raises Problem 409."""
    viewer, row = move.context.viewer, move.row
    is_own = is_buyer(viewer, row.id, row.user_id, row.profile_id)
    if not is_own or viewer.has_role(COORGANIZERS, row.event_id):
        return
    if db.fetch(move.context.session, _PASSED_ON, [row.id, viewer.email], flush=False):
        raise conflict("A ticket of this order was passed on: cancel the others one by one.", _STATUS)


def event_is_there(move: Move) -> None:
    """The event is not deleted. Raises Problem 409."""
    if move.context.session.get_one(Event, move.row.event_id).deleted_at is not None:
        raise conflict("The event was removed: its orders can only be cancelled.", _STATUS)


def demand_address(context: Context, row: Any) -> None:
    """Raise Problem 422 if the order costs something, wants a bill and has no address."""
    if row.amount <= 0:
        return
    event = context.session.get_one(Event, row.event_id)
    if not row.is_billing_enabled and not event.is_billing_info_mandatory:
        return
    for name in _BILLED:
        if not (getattr(row, name) or "").strip():
            raise invalid(f"A bill needs {name}.", f"/data/attributes/{name}")


def _is_paid_or_owed(session: Session, row: Any) -> bool:
    return ledger.is_paid_for(session, row.id) or ledger.owed_for(session, row) > 0
