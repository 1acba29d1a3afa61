"""Who sees an order, who may change what about it, and what stays of it."""

from typing import TYPE_CHECKING, Any

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.sql import sql
from chalicelib.jsonapi.model.policy import (
    Policy,
    among,
    holds,
    myself,
    nobody,
    staff,
)
from chalicelib.jsonapi.rights.viewer_parameters import addressed
from chalicelib.resources.orders.attendee.admission import demand_nobody_inside
from chalicelib.resources.orders.notes import appended
from chalicelib.resources.orders.order.conditions import bill_of, demand_address
from chalicelib.resources.orders.order.states import ADMITTING, CANCELLED, HELD
from chalicelib.resources.orders.payment.modes import FREE_OF_CHARGE
from chalicelib.resources.orders.payment.payment import provider_of
from chalicelib.resources.tickets.discount_code import DiscountCode

if TYPE_CHECKING:
    from chalicelib.jsonapi.model.change import Change
    from chalicelib.jsonapi.model.context import Context

_BUYER_MAY = {
    "address", "city", "state", "country", "zipcode", "company", "tax_business_info", "status",
    "order_notes", "payment_mode", "is_billing_enabled",
}  # fmt: skip
_ATTENDED = sql(
    "SELECT coming.order_id FROM attendees coming WHERE ",
    addressed("coming"),
    " AND coming.deleted_at IS NULL",
)

SIDES = myself("user_id") | holds(COORGANIZERS)
_SEEN = SIDES | among(_ATTENDED, "its attendees")
POLICY = Policy(see=_SEEN, create=nobody, change=SIDES, remove=staff, gathered=True)


def change_what_is_ones_own(context: "Context", change: "Change") -> None:
    """Buyers say where the bill goes until the order is placed; the event's team moves the order on.

    Which state follows which is another matter.
    """
    row, viewer = change.row, context.viewer
    if not change.before or viewer.is_staff:
        return
    if not viewer.is_whose(row.user_id, row.profile_id):
        _demand(change, {"status", "cancel_note"} if _is_being_cancelled(change) else {"status"})
    elif _is_being_cancelled(change):
        _undo(change, {"status"})
    elif change.before.get("status", row.status) in HELD:
        _demand(change, _BUYER_MAY)
    else:
        _demand(change, {"status"})


def use_a_code_of_the_event(context: "Context", change: "Change") -> None:
    """The discount code belongs to the order's event."""
    row = change.row
    if row.discount_code_id is None or "discount_code_id" not in change.before:
        return
    code = context.session.get(DiscountCode, row.discount_code_id)
    if code is None or code.deleted_at is not None or code.event_id != row.event_id:
        raise invalid("The event has no such discount code.", "/data/attributes/discount-code-id")


def pay_in_a_way_that_fits(context: "Context", change: "Change") -> None:
    """What costs something is not free of charge, and an event takes payments only as it says."""
    row, changed = change.row, change.before.keys()
    if row.payment_mode is None or changed.isdisjoint({"payment_mode", "amount"}):
        return
    # An event that stops to take a payment still takes the one that was agreed on.
    if "payment_mode" not in changed and row.payment_mode != FREE_OF_CHARGE:
        return
    bill = bill_of(context, row)
    provider_of(bill).begin(bill)


def say_who_is_billed(context: "Context", change: "Change") -> None:
    """Who asks for a bill gives an address at once."""
    if "is_billing_enabled" in change.before:
        demand_address(context, change.row)


def keep_earlier_notes(_context: "Context", change: "Change") -> None:
    """Notes are added to, never replaced."""
    if change.before.get("order_notes"):
        change.row.order_notes = appended(change.before["order_notes"], change.row.order_notes)


def keep_what_was_sold(context: "Context", change: "Change") -> None:
    """Where money has changed hands, its record stays; and nobody loses the ticket by which they are in."""
    if change.row.amount > 0 and change.row.status in ADMITTING:
        raise forbidden("This order was paid for: cancel it instead.")
    demand_nobody_inside(context, change.row.id, "/data")


def _is_being_cancelled(change: "Change") -> bool:
    return change.row.status == CANCELLED and "status" in change.before


def _undo(change: "Change", keep: set[str]) -> None:
    change.undo(change.before.keys() - keep)


def _demand(change: "Change", allowed: set[str]) -> None:
    refused: list[Any] = sorted(change.before.keys() - allowed)
    if refused:
        name = refused[0].replace("_", "-")
        raise forbidden(
            f"You may not set {name} while this order is {change.before.get('status', change.row.status)}.",
            f"/data/attributes/{name}",
        )
