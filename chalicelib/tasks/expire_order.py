"""Places are held for an order for a while: when that is over and it is not finished, they are given back."""

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, log, outbox, signals
from chalicelib.resources.orders.order.holds import expire
from chalicelib.resources.orders.order.states import HELD
from chalicelib.tasks.registry import NotYet, task

NAME: Final = "expire_order"
# Two machines agree about the time as closely as this: who comes early comes again.
_SKEW: Final = timedelta(minutes=1)


@task(NAME)
def expire_order(session: Session, order_id: int) -> None:
    """Expire the order if its time is over; nothing if it was finished, or is held for longer by now."""
    # Wait for whoever is changing it at this moment; expire() itself would pass by.
    asked = "SELECT status, expires_at FROM orders WHERE id = $1 FOR UPDATE"
    found = db.fetch(session, asked, [order_id])
    if expire(session, order_id):
        return
    status, expires_at = found[0] if found else ("removed", None)
    if status in HELD and expires_at is not None and expires_at <= clock.now() + _SKEW:
        raise NotYet(f"order {order_id} is held for a moment yet")
    log.info("this order is not held any more, or for longer", order_id=order_id, status=status)


@signals.on("order.created")
@signals.on("order.pending")
@signals.on("order.reopened")
def _end_the_hold(session: Session, *, id: int, expires_at: datetime, **_payload: object) -> None:
    seconds = math.ceil((expires_at - clock.now()).total_seconds()) + 1
    key = f"expire-order-{id}-{expires_at.timestamp():.0f}"
    outbox.add(session, NAME, {"order_id": id}, key=key, delay=seconds)
