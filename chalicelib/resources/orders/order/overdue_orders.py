"""Scheduled job: orders whose reservation has ended, and whose message to expire was lost, are expired.

Each order has a message of its own that is due when its reservation ends. This looks for those that it has
not reached.
"""

from datetime import timedelta
from typing import Final

from chalicelib import clock, db, outbox
from chalicelib.resources.orders.order import states

EXPIRE: Final = "expire_order"
_AFTER: Final = timedelta(minutes=5)  # what is under way is left alone
_AT_ONCE: Final = 500
_OVERDUE: Final = f"""
SELECT id, expires_at FROM orders WHERE expires_at <= $1 AND status IN {states.listed(states.HELD)}
ORDER BY expires_at, id LIMIT {_AT_ONCE}
"""  # noqa: S608 - no user input


def plan() -> int:
    """Enqueue the task for each such order, once an hour until it is expired; returns how many there are."""
    now = clock.now()
    with db.transaction() as session:
        overdue = db.fetch(session, _OVERDUE, [now - _AFTER])
        for id, expires_at in overdue:
            key = f"expire-order-{id}-{expires_at.timestamp():.0f}-again-{int(now.timestamp()) // 3600}"
            outbox.add(session, EXPIRE, {"order_id": id}, key=key)
    return len(overdue)
