"""Validity of a capability: whether the token of an order's link still counts, which each request asks.

It does while the order belongs to no account, and its links were not revoked since. Apart from links.py,
because every request with such a token needs this, and no table of it.
"""

from typing import Final

from chalicelib.auth.viewer import Links, register_links
from chalicelib.jsonapi.model.policy import opened_by_link
from chalicelib.jsonapi.model.rules import Rule

# What a link opens: the order, and, to look at, the event that it is for.
ORDER: Final = "order"
EVENT: Final = "event"
_VERSION: Final = """
SELECT link_version::text FROM orders
WHERE id = $1::bigint AND event_id = $2::bigint AND guest_email IS NOT NULL AND user_id IS NULL
"""


def holds_link(column: str = "order_id") -> Rule:
    """Whoever holds the link of the order in the row's column."""
    return opened_by_link(ORDER, column, "whoever holds the order's link")


def holds_link_there(column: str = "event_id") -> Rule:
    """Whoever holds the link of an order for the event in the row's column."""
    return opened_by_link(EVENT, column, "whoever holds the link of an order there")


register_links(Links(_VERSION, (ORDER, EVENT)))
