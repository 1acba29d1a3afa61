"""Who sees and changes an order, and what must be said before it is placed."""

from typing import TYPE_CHECKING, Any

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.errors import forbidden, invalid
from chalicelib.jsonapi.policy import Policy, holds, myself, nobody, staff, where_sql
from chalicelib.resources.events.event import Event
from chalicelib.resources.orders.notes import appended
from chalicelib.resources.tickets.discount_code import DiscountCode

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context

_BUYER_MAY = {
    "address", "city", "state", "country", "zipcode", "company", "tax_business_info", "status",
    "order_notes", "payment_mode", "is_billing_enabled",
}  # fmt: skip
_BILLED = ("company", "address", "city", "zipcode", "country")
_GOES_AHEAD = {"pending", "placed", "completed"}


def _attends(ask: Ask, t: str) -> str:
    if ask.kind is Kind.NOBODY:
        return "FALSE"
    # An address that was not verified proves nothing.
    return (
        "EXISTS (SELECT 1 FROM attendees coming "  # noqa: S608 - no user input
        f"WHERE coming.order_id = {t}.id AND coming.deleted_at IS NULL "
        f"AND {ask.bind('viewer_verified', 'boolean')} "
        f"AND lower(coming.email) = lower({ask.bind('viewer_email', 'text')}))"
    )


_SIDES = myself("user_id") | holds(COORGANIZERS)
POLICY = Policy(
    see=_SIDES | where_sql(_attends, "attendee"),
    create=nobody,
    change=_SIDES,
    remove=staff,
)


def change_what_is_ones_own(context: "Context", change: "Change") -> None:
    """Buyers say where the bill goes until the order is placed; the event's team moves the order on."""
    row, viewer = change.row, context.viewer
    if not change.before or viewer.is_staff:
        return
    former = change.before.get("status", row.status)
    if row.user_id == viewer.id:
        if _is_being_cancelled(change):
            _undo(change, {"status"})
            return
        if former not in {"initializing", "pending"}:
            raise forbidden("This order can only be cancelled any more.")
        _demand(change, _BUYER_MAY)
        return
    if former == "cancelled":
        raise forbidden("A cancelled order stays as it is.")
    if former == "completed" and row.amount > 0:
        raise forbidden("A paid order is its buyer's to change.")
    _demand(change, {"status", "cancel_note"} if _is_being_cancelled(change) else {"status"})


def use_a_code_of_the_event(context: "Context", change: "Change") -> None:
    """The discount code belongs to the order's event."""
    row = change.row
    if row.discount_code_id is None or "discount_code_id" not in change.before:
        return
    code = context.session.get(DiscountCode, row.discount_code_id)
    if code is None or code.deleted_at is not None or code.event_id != row.event_id:
        raise invalid("The event has no such discount code.", "/data/attributes/discount-code-id")


def pay_in_a_way_that_fits(_context: "Context", change: "Change") -> None:
    """What costs something is not paid for free."""
    row = change.row
    matters = "payment_mode" in change.before or _goes_ahead(change)
    if matters and row.amount > 0 and row.payment_mode in (None, "free"):
        raise invalid("This order costs something.", "/data/attributes/payment-mode")


def say_who_pays(context: "Context", change: "Change") -> None:
    """Where somebody wants a bill, or the event insists on one, it needs an address."""
    row = change.row
    if row.amount <= 0 or not (_goes_ahead(change) or "is_billing_enabled" in change.before):
        return
    event = context.session.get(Event, row.event_id)
    if not row.is_billing_enabled and not (event is not None and event.is_billing_info_mandatory):
        return
    for name in _BILLED:
        if not (getattr(row, name) or "").strip():
            raise invalid(f"A bill needs {name}.", f"/data/attributes/{name}")


def keep_earlier_notes(_context: "Context", change: "Change") -> None:
    """Notes are added to, never replaced."""
    if change.before.get("order_notes"):
        change.row.order_notes = appended(change.before["order_notes"], change.row.order_notes)


def keep_what_was_sold(_context: "Context", change: "Change") -> None:
    """Where money has changed hands, its record stays."""
    if change.row.amount > 0 and change.row.status in {"placed", "completed"}:
        raise forbidden("This order was paid for: cancel it instead.")


def _is_being_cancelled(change: "Change") -> bool:
    return change.row.status == "cancelled" and "status" in change.before


def _goes_ahead(change: "Change") -> bool:
    return "status" in change.before and change.row.status in _GOES_AHEAD


def _undo(change: "Change", keep: set[str]) -> None:
    for column in change.before.keys() - keep:
        setattr(change.row, column, change.before.pop(column))


def _demand(change: "Change", allowed: set[str]) -> None:
    refused: list[Any] = sorted(change.before.keys() - allowed)
    if refused:
        name = refused[0].replace("_", "-")
        raise forbidden(f"You may not set {name} here.", f"/data/attributes/{name}")
