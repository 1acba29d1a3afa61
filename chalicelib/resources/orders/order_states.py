"""The states of an order, and who may move it from one to the next."""

from typing import TYPE_CHECKING, Final

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.errors import forbidden, invalid

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context

STATES: Final = ("initializing", "pending", "cancelled", "completed", "placed", "expired")
PAYMENT_MODES: Final = (
    "free", "stripe", "paypal", "bank", "cheque", "onsite", "omise", "alipay", "paytm", "invoice",
)  # fmt: skip
# Paid to the organiser directly, who says when the money is there.
PAID_DIRECTLY: Final = frozenset({"bank", "cheque", "onsite", "invoice"})

# Everybody who may change an order may also cancel it.
_BUYER: Final = {"initializing": {"pending", "placed", "completed"}}
_TEAM: Final = {
    "initializing": {"pending", "placed", "completed", "expired"},
    "pending": {"placed", "completed", "expired"},
    "placed": {"completed"},
}
_PROVED_BY_PROVIDER: Final = frozenset({"stripe", "paypal"})
_STATUS = "/data/attributes/status"


def move_by_the_rules(context: "Context", change: "Change") -> None:
    """Buyers order and cancel; that money has come is said by the organiser or by its provider."""
    row, viewer = change.row, context.viewer
    former = change.before.get("status")
    if former is None:
        return
    if row.status == "completed" and row.payment_mode in _PROVED_BY_PROVIDER and row.transaction_id is None:
        raise invalid(f"There is no payment by {row.payment_mode} for this order.", _STATUS)
    if viewer.is_staff or (row.status == "cancelled" and former != "cancelled"):
        return
    is_team = viewer.holds(COORGANIZERS, row.event_id)
    allowed = (_TEAM if is_team else _BUYER).get(former, set())
    if row.status not in allowed:
        raise forbidden(f"You may not move this order from {former} to {row.status}.", _STATUS)
    if is_team:
        return
    if row.status == "completed" and row.amount > 0:
        raise forbidden("An order is completed when it is paid.", _STATUS)
    if row.status == "placed" and row.payment_mode not in PAID_DIRECTLY:
        raise forbidden("An order is placed when the organiser is paid directly.", _STATUS)


def note_completion(_context: "Context", change: "Change") -> None:
    """When an order that no provider handles was completed, and how it was paid, is noted by us."""
    row = change.row
    if "status" not in change.before or row.status != "completed" or row.completed_at is not None:
        return
    if row.payment_mode == "free" or row.payment_mode in PAID_DIRECTLY:
        row.completed_at = clock.now()
        row.paid_via = row.payment_mode
