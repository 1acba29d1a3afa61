"""Side effects of an order's new state: reservation, completion, seats, signals."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.reservations import EXCHANGED_FOR, PENDING_FOR, reserved_until
from chalicelib.resources.orders.payment.modes import DIRECT, FREE_OF_CHARGE

_HOLD_MINUTES: Final = "SELECT coalesce((SELECT order_expiry_time FROM settings ORDER BY id LIMIT 1), 15)"
_GIVE_BACK: Final = "UPDATE attendees SET deleted_at = $2 WHERE order_id = $1 AND deleted_at IS NULL"

# Signal by state. An order reopened by staff is reserved again.
_NEWS: Final = {
    states.INITIALIZING: "order.reopened",
    states.PENDING: "order.pending",
    states.PLACED: "order.placed",
    states.COMPLETED: "order.completed",
    states.CANCELLED: "order.cancelled",
    states.EXPIRED: "order.expired",
}


def apply_state_fields(context: Context, change: Change) -> None:
    """Hook: set expiry, completion time and payment method for the new state."""
    row = change.row
    if "status" not in change.before:
        return
    row.expires_at = _held_until(context.session, row)
    if row.status == states.COMPLETED:
        row.payment_mode = row.payment_mode or FREE_OF_CHARGE
        row.completed_at = row.completed_at or clock.now()
        row.paid_via = row.paid_via or row.payment_mode
    elif row.status not in states.ENDED:
        # Staff has revoked the completion.
        row.completed_at = row.paid_via = None


def release_seats_and_emit(context: Context, change: Change) -> None:
    """After-write hook: soft-delete the attendees of cancelled and expired orders, and emit order.<state>."""
    row = change.row
    if "status" not in change.before:
        return
    if row.status in states.ENDED:
        # Soft delete: the order's history is kept, and triggers release the seats.
        db.enqueue(context.session, _GIVE_BACK, [row.id, clock.now()])
    emit_state(context.session, row, change.before["status"], context.viewer.id)


def emit_state(session: Session, order: Any, former: str, viewer_id: int | None) -> None:
    """Emit order.<state> of an order that was `former` before; `viewer_id` is whoever brought it there."""
    signals.emit(
        session,
        _NEWS[order.status],
        id=order.id,
        former=former,
        expires_at=order.expires_at,
        viewer_id=viewer_id,
    )


def _held_until(session: Session, order: Any) -> datetime | None:
    state = order.status
    if state == states.PENDING:
        # The difference of an exchange is paid before the organizer gives the ticket for it.
        waits = order.credit_minor is not None and order.payment_mode in DIRECT
        return clock.now() + (EXCHANGED_FOR if waits else PENDING_FOR)
    if state == states.INITIALIZING:
        return reserved_until(db.fetch(session, _HOLD_MINUTES, flush=False)[0][0])
    return None
