"""Scheduled jobs: what a lost message has left on waiting lists, and entries that are forgotten.

Each offer has a message of its own that is due at its deadline, and places that come free enqueue a look.
"""

from datetime import timedelta
from typing import Final

from chalicelib import clock, db, outbox
from chalicelib.resources.orders.order.states import listed
from chalicelib.resources.orders.waiting_list_entry.offering import LOOK
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    ACTIVE,
    OFFERED,
    UNVERIFIED,
    WAITING,
)

LAPSE: Final = "lapse_offer"
VERIFIED_WITHIN: Final = timedelta(days=2)
FORGOTTEN_AFTER: Final = timedelta(days=60)  # of the event; of what has ended, after that
_AT_ONCE: Final = 500
_OVERDUE: Final = f"""
SELECT id, expires_at FROM waiting_list_entries WHERE state = '{OFFERED}' AND expires_at <= $1
ORDER BY expires_at, id LIMIT {_AT_ONCE}
"""  # noqa: S608 - no user input
# Where places are free for somebody who waits, whom they may not fit, or are kept for the line.
_TO_LOOK_AT: Final = f"""
SELECT DISTINCT entry.event_id FROM waiting_list_entries entry
JOIN events event ON event.id = entry.event_id AND event.is_waiting_list_enabled AND event.ends_at > $1
JOIN waiting_list_entries_tickets link ON link.waiting_list_entry_id = entry.id
JOIN tickets ticket ON ticket.id = link.ticket_id AND ticket.deleted_at IS NULL AND NOT ticket.is_hidden
  AND ticket.sales_starts_at <= $1 AND ticket.sales_ends_at > $1
JOIN stocks own ON own.ticket_id = ticket.id AND (own.capacity IS NULL OR own.capacity > own.taken)
LEFT JOIN stocks pool ON pool.pool_id = ticket.pool_id
WHERE entry.state = '{WAITING}' AND (pool.id IS NULL OR pool.capacity > pool.taken)
UNION
SELECT coalesce(ticket.event_id, pool.event_id) FROM stocks
LEFT JOIN tickets ticket ON ticket.id = stocks.ticket_id
LEFT JOIN ticket_pools pool ON pool.id = stocks.pool_id
WHERE stocks.reserved > 0
"""  # noqa: S608 - no user input
_FORGET: Final = f"""
DELETE FROM waiting_list_entries WHERE id IN (
  SELECT entry.id FROM waiting_list_entries entry JOIN events event ON event.id = entry.event_id
  WHERE (entry.state = '{UNVERIFIED}' AND entry.created_at <= $1::timestamptz - $2::interval)
    OR event.ends_at <= $1::timestamptz - $3::interval
    OR (entry.state NOT IN {listed(ACTIVE)} AND entry.ended_at <= $1::timestamptz - $3::interval)
  ORDER BY entry.id LIMIT {_AT_ONCE}
) RETURNING 1
"""  # noqa: S608 - no user input


def plan() -> int:
    """Enqueue the lapse of offers that are overdue, and a look where places wait for it; returns how many."""
    now = clock.now()
    minute = int(now.timestamp()) // 60
    with db.transaction() as session:
        overdue = db.fetch(session, _OVERDUE, [now - timedelta(minutes=1)])
        for id, expires_at in overdue:
            key = f"{LAPSE}-{id}-{expires_at.timestamp():.0f}-again-{minute}"
            outbox.add(session, LAPSE, {"entry_id": id}, key=key)
        events = db.fetch(session, _TO_LOOK_AT, [now])
        for (event_id,) in events:
            outbox.add(session, LOOK, {"event_id": event_id}, key=f"{LOOK}-{event_id}-again-{minute}")
    return len(overdue) + len(events)


def forget_old() -> int:
    """Delete entries whose address nobody has verified, and those that ended long ago; returns how many."""
    with db.transaction() as session:
        return len(db.fetch(session, _FORGET, [clock.now(), VERIFIED_WITHIN, FORGOTTEN_AFTER]))
