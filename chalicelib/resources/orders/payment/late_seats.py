"""Seats of an order whose payment was made: still reserved, or taken again, or given up by another ticket."""

from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib import clock, db, log
from chalicelib.db_errors import constraint
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.reservations import expire
from chalicelib.resources.orders.payment import exchanging
from chalicelib.resources.tickets.stock import TOO_MANY

# The seats that were released when the order expired: all at that moment.
_TAKE_AGAIN: Final = """
UPDATE attendees SET deleted_at = NULL WHERE order_id = $1 AND deleted_at = (
  SELECT max(deleted_at) FROM attendees WHERE order_id = $1
) RETURNING id
"""


def has_seats(session: Session, order: Any) -> bool:
    """Whether the order's seats are reserved; those of an expired one are taken again if there still are
    some. An exchange is completed by this, if its ticket is what it was.
    """
    if order.credit_minor is None and order.status != states.EXPIRED:
        return True
    try:
        with db.savepoint(session):
            if order.credit_minor is None:
                return bool(db.fetch(session, _TAKE_AGAIN, [order.id]))
            exchanging.finish(session, order)
    except Problem as refusal:
        log.info("a ticket is not exchanged any more", order_id=order.id, reason=refusal.detail)
        return False
    except DBAPIError as refusal:
        if constraint(refusal) != TOO_MANY:
            raise
        return False
    return True


def end_exchange(session: Session, order: Any) -> None:
    """Nobody waits for an order any more whose ticket to be exchanged is not what it was."""
    if order.credit_minor is not None and order.status in states.HELD:
        order.expires_at = clock.now()
        session.flush()
        expire(session, order.id)
        session.refresh(order)
