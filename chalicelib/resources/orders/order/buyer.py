"""The buyer of an order: the account that it belongs to, or whoever holds its link where none does."""

from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.policy import is_owner, where_sql
from chalicelib.jsonapi.model.rules import Described
from chalicelib.resources.orders.order.link_loader import ORDER, holds_link

_OF_NO_ACCOUNT = where_sql(sql(ROW["guest_email"], " IS NOT NULL"), "no account has it", of_row=True)
# Of a row of orders. Whether it was claimed meanwhile is asked of the locked row too.
BUYER = is_owner("user_id") | Described(holds_link("id") & _OF_NO_ACCOUNT, "whoever holds the order's link")


def is_buyer(viewer: Viewer, order_id: int | None, user_id: int | None, profile_id: int | None) -> bool:
    """Whether the viewer is the buyer of the order with this id, which belongs to this account, if any."""
    return viewer.owns(user_id, profile_id) or (user_id is None and viewer.holds(ORDER, order_id))
