"""Claims of orders: those that were bought without an account become those of who has verified the address.

Asked whenever somebody proves an address or signs in with a verified one, in one statement, which changes
nothing the second time. The links of a claimed order end: from then on the account opens it.
"""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db

_CLAIM: Final = """
WITH claimed AS (
  UPDATE orders SET user_id = account.id, guest_email = NULL, guest_name = NULL, guest_source = NULL,
    link_version = link_version + 1
  FROM users account
  WHERE account.id = $1::bigint AND account.is_verified AND account.deleted_at IS NULL
    AND NOT account.is_blocked
    AND lower(orders.guest_email) = lower(account.email) AND orders.user_id IS NULL
  RETURNING orders.id
)
DELETE FROM order_links USING claimed WHERE order_links.order_id = claimed.id
"""


def claim_orders(session: Session, user_id: int) -> None:
    """Give the account the orders of its address, if that is verified; sent with the session's commit."""
    db.enqueue_for_commit(session, _CLAIM, [user_id])
