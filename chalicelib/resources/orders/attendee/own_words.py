"""What an attendee of a group order has said by their own link is theirs to change, and not the buyer's."""

from collections.abc import Collection
from datetime import datetime

from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.errors import Problem, conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.attendee import holding
from chalicelib.resources.orders.attendee.admission import order_snapshot
from chalicelib.resources.orders.attendee.rules import AT_THE_DOOR
from chalicelib.resources.orders.order.buyer import is_buyer


def leave_their_words(context: Context, change: Change) -> None:
    """Buyers do not overwrite what they cannot see. Whoever holds the ticket, or staff, may. Raises Problem
    409.
    """
    row, viewer = change.row, context.viewer
    personal = sorted(change.before.keys() - change.slight - {"deleted_at", "answered_at", *AT_THE_DOOR})
    address = change.before.get("email", row.email)
    if not personal or not are_theirs_alone(
        viewer, change.before.get("answered_at", row.answered_at), address
    ):
        return
    bought = order_snapshot(context, row.order_id)
    if is_buyer(viewer, row.order_id, bought.buyer_id, bought.profile_id):
        raise refusal(personal)


def are_theirs_alone(viewer: Viewer, answered_at: datetime | None, email: str | None) -> bool:
    """Whether the answers are those that an attendee other than the viewer has given by a link."""
    return answered_at is not None and not viewer.is_staff and not holding.holds(viewer, email)


def refusal(names: Collection[str]) -> Problem:
    """The answer to a buyer who would overwrite these columns."""
    return conflict(
        "The attendee has filled in their own form, and changes it themselves.", pointer_to(names)
    )


def pointer_to(names: Collection[str]) -> str:
    """JSON pointer to the first of these columns."""
    return f"/data/attributes/{min(names).replace('_', '-')}"
