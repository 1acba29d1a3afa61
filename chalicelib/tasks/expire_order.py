"""Expires unfinished orders: the reservation of seats ends after a time."""

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, log, outbox, signals
from chalicelib.resources.orders.order.overdue_orders import EXPIRE
from chalicelib.resources.orders.order.reservations import expire
from chalicelib.resources.orders.order.states import HELD
from chalicelib.tasks.registry import RetryLater, task

NAME: Final = EXPIRE
# Tolerated clock skew: a message that arrives earlier is retried.
_SKEW: Final = timedelta(minutes=1)


@task(NAME)
def expire_order(session: Session, order_id: int) -> None:
    """Expire the order if it is due; nothing if it was finished or its reservation extended."""
    # Wait for a concurrent change of the order; expire() itself would skip it.
    select_order = "SELECT status, expires_at FROM orders WHERE id = $1 FOR UPDATE"
    rows = db.fetch(session, select_order, [order_id])
    if expire(session, order_id):
        return
    status, expires_at = rows[0] if rows else ("removed", None)
    if status in HELD and expires_at is not None and expires_at <= clock.now() + _SKEW:
        raise RetryLater(f"order {order_id} is held for a moment yet")
    log.info("this order is not held any more, or for longer", order_id=order_id, status=status)


@signals.on("order.created")
@signals.on("order.pending")
@signals.on("order.reopened")
def _end_the_hold(session: Session, *, id: int, expires_at: datetime, **_payload: object) -> None:
    seconds = math.ceil((expires_at - clock.now()).total_seconds()) + 1
    key = f"expire-order-{id}-{expires_at.timestamp():.0f}"
    outbox.add(session, NAME, {"order_id": id}, key=key, delay=seconds)
