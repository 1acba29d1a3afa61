"""Offers: free places go to those who wait, in the order in which they have joined, as far as they fit.

One look at an event's line. What was kept for the line is either held by an offer afterwards, collected for a
larger wish, or free for everybody. It decides by the stock as it is, whatever has set the places free.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox, signals
from chalicelib.resources.orders.waiting_list_entry import line
from chalicelib.resources.orders.waiting_list_entry.deciding import (
    MOST_OFFERS,
    Kind,
    Look,
    Offer,
    Stock,
    Waiting,
)
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    OFFERED,
    REMOVED,
    UNVERIFIED,
    WAITING,
)

LOOK: Final = "offer_places"  # the task, enqueued by the database
OFFER_HOURS: Final = 24

_STOCK: Final = """
SELECT stocks.id, stocks.ticket_id, stocks.pool_id, stocks.capacity - stocks.taken, stocks.reserved
FROM stocks LEFT JOIN tickets ON tickets.id = stocks.ticket_id
LEFT JOIN ticket_pools ON ticket_pools.id = stocks.pool_id
WHERE $1 IN (tickets.event_id, ticket_pools.event_id)
ORDER BY stocks.id FOR UPDATE OF stocks
"""
_KINDS: Final = """
SELECT ticket.id, ticket.pool_id, coalesce(ticket.min_order, 1),
  least($2::timestamptz + coalesce(event.waiting_list_offer_hours, $3) * interval '1 hour',
    ticket.sales_ends_at,
    CASE WHEN event.starts_at > $2::timestamptz THEN event.starts_at ELSE event.ends_at END),
  coalesce(event.waiting_list_offer_hours, $3)
FROM tickets ticket JOIN events event ON event.id = ticket.event_id
WHERE event.id = $1 AND event.is_waiting_list_enabled AND event.state = 'published'
  AND event.deleted_at IS NULL AND event.ends_at > $2::timestamptz
  AND ticket.deleted_at IS NULL AND NOT ticket.is_hidden
  AND ticket.sales_starts_at <= $2::timestamptz AND ticket.sales_ends_at > $2::timestamptz
ORDER BY ticket.position, ticket.id
"""
_LINE: Final = f"""
SELECT entry.id, entry.quantity, entry.takes_fewer, entry.passed_over, entry.gathers_since,
  ARRAY(SELECT link.ticket_id FROM waiting_list_entries_tickets link
    WHERE link.waiting_list_entry_id = entry.id)
FROM waiting_list_entries entry
WHERE entry.event_id = $1 AND entry.state = '{WAITING}' AND EXISTS (
  SELECT FROM waiting_list_entries_tickets link
  WHERE link.waiting_list_entry_id = entry.id AND link.ticket_id = ANY ($2::bigint[]))
ORDER BY entry.joined_at, entry.id LIMIT $3 OFFSET $4
"""  # noqa: S608 - no user input
# Nobody can be offered what they wait for: all its kinds were deleted.
_END_GONE: Final = f"""
UPDATE waiting_list_entries SET state = '{REMOVED}', ended_at = $2, gathers_since = NULL
FROM (
  SELECT id, state FROM waiting_list_entries entry
  WHERE event_id = $1 AND state IN ('{UNVERIFIED}', '{WAITING}') AND NOT EXISTS (
    SELECT FROM waiting_list_entries_tickets link
    JOIN tickets kind ON kind.id = link.ticket_id AND kind.deleted_at IS NULL
    WHERE link.waiting_list_entry_id = entry.id)
  ORDER BY id LIMIT {MOST_OFFERS} FOR UPDATE
) former WHERE waiting_list_entries.id = former.id
RETURNING former.id, former.state
"""  # noqa: S608 - no user input
_OFFER: Final = f"""
UPDATE waiting_list_entries SET state = '{OFFERED}', offered_at = $2, expires_at = made.until,
  offered_ticket_id = made.ticket_id, offered_quantity = made.quantity, gathers_since = NULL
FROM unnest($1::bigint[], $3::bigint[], $4::int[], $5::timestamptz[]) AS made (id, ticket_id, quantity, until)
WHERE waiting_list_entries.id = made.id
"""  # noqa: S608 - no user input
_NOTE_PASSED: Final = """
UPDATE waiting_list_entries SET passed_over = seen.passed, gathers_since = seen.since
FROM unnest($1::bigint[], $2::int[], $3::timestamptz[]) AS seen (id, passed, since)
WHERE waiting_list_entries.id = seen.id
"""
_KEEP: Final = """
UPDATE stocks SET reserved = kept.n FROM unnest($1::bigint[], $2::int[]) AS kept (id, n)
WHERE stocks.id = kept.id AND stocks.reserved <> kept.n
"""


def look(session: Session, event_id: int) -> bool:
    """Offer the event's free places to those who wait for them; True where another look has to follow.

    Locks the line, and then the stock, until the end of the transaction.
    """
    line.lock(session, event_id)
    line.looks(session, on=True)
    now = clock.now()
    ended = _end_gone(session, event_id, now)
    kinds, stocks, hours = _on_offer(session, event_id, now)
    db.fetch(session, "SELECT recount_line($1)", [event_id])
    deciding = Look(now, kinds, timedelta(hours=hours))
    goes_on = deciding.go_along(_line_of(session, event_id, list(kinds)))
    _store(session, deciding, stocks, keeps=goes_on)
    line.looks(session, on=False)
    return goes_on or ended


def _end_gone(session: Session, event_id: int, now: datetime) -> bool:
    """End the entries of those all of whose kinds were deleted; True where some are left."""
    rows = db.fetch(session, _END_GONE, [event_id, now])
    for id, former in sorted(rows):
        values = {"id": id, "state": REMOVED, "former": former, "viewer_id": None}
        signals.emit(session, "waiting-list-entry.ended", **values)
    return len(rows) == MOST_OFFERS


def offer_to(session: Session, event_id: int, entry_id: int, quantity: int, kinds: Sequence[int]) -> bool:
    """Offer places of one of the kinds to this entry, out of turn; False where there are not so many.

    The line is locked. What is kept for others counts as free: another look at the line has to follow.
    """
    line.looks(session, on=True)
    now = clock.now()
    on_offer, stocks, _ = _on_offer(session, event_id, now)
    fitting = [
        kind for id, kind in on_offer.items() if id in kinds and (kind.free is None or kind.free >= quantity)
    ]
    if fitting:
        _keep(session, stocks, [0] * len(stocks))
        _make(session, now, [Offer(entry_id, fitting[0], quantity)])
    return bool(fitting)


def look_again(session: Session, event_id: int) -> None:
    """Look at the line, in this transaction, and by a task where there is more to offer."""
    if look(session, event_id):
        outbox.add(session, LOOK, {"event_id": event_id})


def _on_offer(session: Session, event_id: int, now: datetime) -> tuple[dict[int, Kind], list[Stock], int]:
    """The kinds of tickets on offer now, by id, the event's stock, locked, and how many hours offers last."""
    rows = db.fetch(session, _STOCK, [event_id])
    stocks = {
        (ticket_id, pool_id): Stock(id, None if free is None else max(free, 0), kept)
        for id, ticket_id, pool_id, free, kept in rows
    }
    kinds = {}
    offered = db.fetch(session, _KINDS, [event_id, now, OFFER_HOURS])
    for id, pool_id, least, until, _ in offered:
        pool = () if pool_id is None else (stocks[None, pool_id],)
        kinds[id] = Kind(id, least, until, (stocks[id, None], *pool))
    return kinds, list(stocks.values()), offered[0][-1] if offered else OFFER_HOURS


def _line_of(session: Session, event_id: int, kinds: list[int]) -> Iterator[Waiting]:
    """Those who wait for one of the kinds, in their order; some at a time."""
    at_once, first = 100, 0
    while kinds:
        rows = db.fetch(session, _LINE, [event_id, kinds, at_once, first])
        yield from (Waiting(*row) for row in rows)
        if len(rows) < at_once:
            return
        first += at_once


def _store(session: Session, deciding: Look, stocks: list[Stock], *, keeps: bool) -> None:
    """Note what was decided. Where another look follows, what is left is kept until then."""
    _keep(session, stocks, [0] * len(stocks))
    if deciding.passed:
        db.fetch(session, _NOTE_PASSED, [list(column) for column in zip(*deciding.passed, strict=True)])
    if deciding.offers:
        _make(session, deciding.now, deciding.offers)
    _keep(session, stocks, [stock.collected + ((stock.free or 0) if keeps else 0) for stock in stocks])


def _keep(session: Session, stocks: list[Stock], numbers: list[int]) -> None:
    """Keep so many free places of each stock for the line."""
    db.fetch(session, _KEEP, [[stock.id for stock in stocks], numbers])


def _make(session: Session, now: datetime, offers: list[Offer]) -> None:
    columns = [
        [offer.kind.id for offer in offers],
        [offer.quantity for offer in offers],
        [offer.kind.until for offer in offers],
    ]
    ids = [offer.entry_id for offer in offers]
    db.fetch(session, _OFFER, [ids, now, *columns])
    for offer in offers:
        signals.emit(
            session,
            "waiting-list-entry.offered",
            id=offer.entry_id,
            expires_at=offer.kind.until,
            viewer_id=None,
        )
