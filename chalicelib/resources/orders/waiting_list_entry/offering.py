"""Offers: free places go to those who wait, in the order in which they have joined, as far as they fit.

One look at an event's line. What was kept for the line is either held by an offer afterwards, gathered for a
larger wish, or free for everybody. It decides by the stock as it is, whatever has set the places free.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.resources.orders.waiting_list_entry import line
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import OFFERED, WAITING

OFFER_HOURS: Final = 24
# After so many times that places came free which were too few for it, they are gathered for an entry.
PASSED_OVER: Final = 3
MOST_OFFERS: Final = 200  # in one transaction: stock is locked meanwhile

_STOCK: Final = """
SELECT stocks.id, stocks.ticket_id, stocks.pool_id, stocks.capacity - stocks.taken, stocks.reserved
FROM stocks LEFT JOIN tickets ON tickets.id = stocks.ticket_id
LEFT JOIN ticket_pools ON ticket_pools.id = stocks.pool_id
WHERE $1 IN (tickets.event_id, ticket_pools.event_id)
ORDER BY stocks.id FOR UPDATE OF stocks
"""
_KINDS: Final = """
SELECT ticket.id, ticket.pool_id, coalesce(ticket.min_order, 1),
  least($2::timestamptz + coalesce(event.waiting_list_offer_hours, $3) * interval '1 hour', ticket.sales_ends_at,
    CASE WHEN event.starts_at > $2::timestamptz THEN event.starts_at ELSE event.ends_at END),
  coalesce(event.waiting_list_offer_hours, $3)
FROM tickets ticket JOIN events event ON event.id = ticket.event_id
WHERE event.id = $1 AND event.is_waiting_list_enabled AND event.state = 'published' AND event.deleted_at IS NULL
  AND event.ends_at > $2::timestamptz AND ticket.deleted_at IS NULL AND NOT ticket.is_hidden
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
_OFFER: Final = f"""
UPDATE waiting_list_entries SET state = '{OFFERED}', offered_at = $2, expires_at = made.until,
  offered_ticket_id = made.ticket_id, offered_quantity = made.quantity, gathers_since = NULL
FROM unnest($1::bigint[], $3::bigint[], $4::int[], $5::timestamptz[]) AS made (id, ticket_id, quantity, until)
WHERE waiting_list_entries.id = made.id
"""  # noqa: S608 - no user input
_PASS: Final = """
UPDATE waiting_list_entries SET passed_over = seen.passed, gathers_since = seen.since
FROM unnest($1::bigint[], $2::int[], $3::timestamptz[]) AS seen (id, passed, since)
WHERE waiting_list_entries.id = seen.id
"""
_KEEP: Final = """
UPDATE stocks SET reserved = kept.n FROM unnest($1::bigint[], $2::int[]) AS kept (id, n)
WHERE stocks.id = kept.id AND stocks.reserved <> kept.n
"""


@dataclass(slots=True)
class _Stock:
    """A stock row: how many places are `free` (None: any number), `kept` for the line before this look, and
    `gathered` by it.
    """

    id: int
    free: int | None
    kept: int
    gathered: int = 0


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of ticket that is offered now, and its stock: its own, and its pool's."""

    id: int
    least: int
    until: datetime
    stocks: tuple[_Stock, ...]

    @property
    def free(self) -> int | None:
        """How many places may be offered; None: any number."""
        return min((stock.free for stock in self.stocks if stock.free is not None), default=None)

    def take(self, number: int, *, gather: bool = False) -> None:
        """Nobody after this one gets these places."""
        for stock in self.stocks:
            if stock.free is not None:
                stock.free -= number
                stock.gathered += number if gather else 0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An entry in line."""

    id: int
    quantity: int
    takes_fewer: bool
    passed_over: int
    gathers_since: datetime | None
    kinds: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Offer:
    """Places for an entry."""

    entry_id: int
    kind: _Kind
    quantity: int


@dataclass(slots=True)
class _Look:
    """What is decided in one look: the offers, and what becomes of those whom the places did not fit."""

    now: datetime
    kinds: dict[int, _Kind]
    gathers_for: timedelta
    offers: list[_Offer] = field(default_factory=list)
    passed: list[tuple[int, int, datetime | None]] = field(default_factory=list)

    def go_along(self, line_of: Iterator[_Waiting]) -> bool:
        """Decide of each in line while there are places; True where there is more to offer than fits here."""
        for waiting in line_of:
            if len(self.offers) >= MOST_OFFERS:
                return True
            if not any(kind.free != 0 for kind in self.kinds.values()):
                return False
            self._decide(waiting)
        return False

    def _decide(self, waiting: _Waiting) -> None:
        kinds = [kind for id, kind in self.kinds.items() if id in waiting.kinds and kind.free != 0]
        if not kinds:
            return
        for kind in kinds:
            if kind.free is None or kind.free >= waiting.quantity:
                self._offer(waiting, kind, waiting.quantity)
                return
        most = max(kinds, key=lambda kind: kind.free or 0)
        free = most.free or 0
        if waiting.takes_fewer and free >= most.least:
            self._offer(waiting, most, free)
            return
        self._pass_over(waiting, most)

    def _offer(self, waiting: _Waiting, kind: _Kind, quantity: int) -> None:
        kind.take(quantity)
        self.offers.append(_Offer(waiting.id, kind, quantity))

    def _pass_over(self, waiting: _Waiting, kind: _Kind) -> None:
        """Too few for this one: they are gathered for it after a while, for as long as an offer is held."""
        since = waiting.gathers_since
        if since is not None and since + self.gathers_for <= self.now:
            self.passed.append((waiting.id, 0, None))
            return
        is_new = any(stock.kept > stock.gathered for stock in kind.stocks)
        passed = waiting.passed_over + (1 if is_new and since is None else 0)
        if passed >= PASSED_OVER:
            since = since or self.now
            kind.take(kind.free or 0, gather=True)
        if (passed, since) != (waiting.passed_over, waiting.gathers_since):
            self.passed.append((waiting.id, passed, since))


def look(session: Session, event_id: int) -> bool:
    """Offer the event's free places to those who wait for them; True where another look has to follow.

    Locks the line, and then the stock, until the end of the transaction.
    """
    line.lock(session, event_id)
    line.looks(session, on=True)
    db.fetch(session, "SELECT recount_line($1)", [event_id])
    rows = db.fetch(session, _STOCK, [event_id])
    stocks = {(ticket_id, pool_id): _Stock(id, free, kept) for id, ticket_id, pool_id, free, kept in rows}
    now = clock.now()
    kinds, hours = {}, OFFER_HOURS
    for id, pool_id, least, until, hours in db.fetch(session, _KINDS, [event_id, now, OFFER_HOURS]):
        own = [stocks[id, None]] + ([stocks[None, pool_id]] if pool_id is not None else [])
        kinds[id] = _Kind(id, least, until, tuple(own))
    for stock in stocks.values():
        stock.free = None if stock.free is None else max(stock.free, 0)
    deciding = _Look(now, kinds, timedelta(hours=hours))
    goes_on = deciding.go_along(_line_of(session, event_id, list(kinds)))
    _store(session, deciding, list(stocks.values()), keeps=goes_on)
    line.looks(session, on=False)
    return goes_on


def offer_to(session: Session, event_id: int, entry_id: int, quantity: int, kinds: Sequence[int]) -> bool:
    """Offer places to this entry out of turn; False where there are not so many.

    The line is locked. What is gathered for others counts as free.
    """
    line.looks(session, on=True)
    rows = db.fetch(session, _STOCK, [event_id])
    free = {(ticket_id, pool_id): places for _, ticket_id, pool_id, places, _ in rows}
    now = clock.now()
    made = False
    for id, pool_id, _, until, _ in db.fetch(session, _KINDS, [event_id, now, OFFER_HOURS]):
        limits = [free[id, None], free[None, pool_id] if pool_id is not None else None]
        if id in kinds and all(limit is None or limit >= quantity for limit in limits):
            stocks = [stock for stock, ticket_id, pool, _, _ in rows if id == ticket_id or pool == pool_id != None]  # noqa: E711
            db.fetch(session, "UPDATE stocks SET reserved = 0 WHERE id = ANY ($1::bigint[])", [stocks])
            _make(session, now, [_Offer(entry_id, _Kind(id, 1, until, ()), quantity)])
            made = True
            break
    line.looks(session, on=False)
    return made


def _line_of(session: Session, event_id: int, kinds: list[int]) -> Iterator[_Waiting]:
    """Those who wait for one of the kinds, in their order; some at a time."""
    at_once, first = 100, 0
    while kinds:
        rows = db.fetch(session, _LINE, [event_id, kinds, at_once, first])
        yield from (_Waiting(*row) for row in rows)
        if len(rows) < at_once:
            return
        first += at_once


def _store(session: Session, deciding: _Look, stocks: list[_Stock], *, keeps: bool) -> None:
    """Note what was decided. Where another look follows, what is left is kept until then."""
    ids = [stock.id for stock in stocks]
    db.fetch(session, _KEEP, [ids, [0] * len(ids)])
    if deciding.passed:
        db.fetch(session, _PASS, [list(column) for column in zip(*deciding.passed, strict=True)])
    if deciding.offers:
        _make(session, deciding.now, deciding.offers)
    kept = [max(stock.free or 0, 0) + stock.gathered if keeps else stock.gathered for stock in stocks]
    db.fetch(session, _KEEP, [ids, kept])


def _make(session: Session, now: datetime, offers: list[_Offer]) -> None:
    columns = [
        [offer.kind.id for offer in offers],
        [offer.quantity for offer in offers],
        [offer.kind.until for offer in offers],
    ]
    ids = [offer.entry_id for offer in offers]
    db.fetch(session, _OFFER, [ids, now, *columns])
    for offer in offers:
        signals.emit(
            session, "waiting-list-entry.offered", id=offer.entry_id, expires_at=offer.kind.until, viewer_id=None
        )
