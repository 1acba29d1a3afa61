"""The buyer of an order: the account that it belongs to, or whoever holds its link where none does."""

from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.model.policy import is_owner
from chalicelib.resources.orders.order.link_loader import ORDER, holds_link

# Of a row of orders.
BUYER = is_owner("user_id") | holds_link("id")


def is_buyer(viewer: Viewer, order_id: int | None, user_id: int | None, profile_id: int | None) -> bool:
    """Whether the viewer is the buyer of the order with this id, which belongs to this account, if any."""
    return viewer.owns(user_id, profile_id) or viewer.holds(ORDER, order_id)
