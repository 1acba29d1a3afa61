"""What an attendee of a group order has said by their own link is theirs to change, and not the buyer's."""

from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.attendee.admission import order_snapshot
from chalicelib.resources.orders.attendee.rules import AT_THE_DOOR
from chalicelib.resources.orders.order.buyer import is_buyer


def leave_their_words(context: Context, change: Change) -> None:
    """Buyers do not overwrite what they cannot see. Whoever holds the ticket, or staff, may. Raises Problem
    409.
    """
    row, viewer = change.row, context.viewer
    if change.before.get("answered_at", row.answered_at) is None or viewer.is_staff:
        return
    personal = sorted(change.before.keys() - change.slight - {"deleted_at", "answered_at", *AT_THE_DOOR})
    address = (change.before.get("email", row.email) or "").lower()
    if not personal or (viewer.is_verified and viewer.email.lower() == address != ""):
        return
    bought = order_snapshot(context, row.order_id)
    if is_buyer(viewer, row.order_id, bought.buyer_id, bought.profile_id):
        pointer = f"/data/attributes/{personal[0].replace('_', '-')}"
        raise conflict("The attendee has filled in their own form, and changes it themselves.", pointer)
