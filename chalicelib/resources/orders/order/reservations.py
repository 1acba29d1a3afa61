"""Reservations: seats reserved for an order until it is finished, released when they expire."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.resources.orders.order import states

PENDING_FOR: Final = timedelta(minutes=30)  # while a payment provider processes it
EXCHANGED_FOR: Final = timedelta(days=7)  # while the difference of an exchange is paid to the organizer
_MOST_AT_ONCE: Final = 500

# Releasing and reserving in one transaction locks the stock rows first, in the usual order.
_LOCK_EVENT: Final = """
SELECT stocks.id FROM stocks
LEFT JOIN tickets ON tickets.id = stocks.ticket_id
LEFT JOIN ticket_pools ON ticket_pools.id = stocks.pool_id
LEFT JOIN discount_codes ON discount_codes.id = stocks.discount_code_id
LEFT JOIN access_codes ON access_codes.id = stocks.access_code_id
WHERE $1 IN (tickets.event_id, ticket_pools.event_id, discount_codes.event_id, access_codes.event_id)
ORDER BY stocks.id FOR UPDATE OF stocks
"""
_EXPIRE: Final = """
WITH overdue AS (
  SELECT id FROM orders
  WHERE {which} AND expires_at <= $2 AND status IN {held}
  ORDER BY id LIMIT {most} FOR UPDATE SKIP LOCKED
), ended AS (
  UPDATE orders SET status = '{expired}', expires_at = NULL FROM overdue WHERE orders.id = overdue.id
  RETURNING orders.id
), left_behind AS (
  UPDATE attendees SET deleted_at = $2 FROM overdue
  WHERE attendees.order_id = overdue.id AND attendees.deleted_at IS NULL
)
SELECT id, EXISTS (SELECT FROM invoices billed WHERE billed.order_id = ended.id) FROM ended ORDER BY id
"""


def reserved_until(minutes: int) -> datetime:
    """The expiry of a reservation that starts now."""
    return clock.now() + timedelta(minutes=minutes)


def release_expired(session: Session, event_id: int) -> int:
    """Release the expired reservations of an event; returns the number of orders.

    Locks the event's stock until the end of the transaction.
    """
    db.fetch(session, _LOCK_EVENT, [event_id])
    return _expire(session, "event_id = $1", event_id)


def expire(session: Session, order_id: int) -> bool:
    """Release the reservation of this order; False when it has not expired, or the order is not waiting any
    more.
    """
    return _expire(session, "id = $1", order_id) == 1


def _expire(session: Session, which: str, id: int) -> int:
    reserving = states.listed(states.HELD)
    sql = _EXPIRE.format(which=which, held=reserving, expired=states.EXPIRED, most=_MOST_AT_ONCE)
    ended = db.fetch(session, sql, [id, clock.now()])
    for order_id, is_billed in ended:
        signals.emit(session, "order.expired", id=order_id, viewer_id=None, is_billed=is_billed)
    return len(ended)
