"""Who gets free places: a pure function of those who wait, in their order, and of what is free.

First come, first served, as far as it fits. Places that are too few for somebody go to those behind, until it
was passed over too often: then they are collected for it, for as long as an offer is held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

# After so many times that places came free which were too few for it, they are collected for an entry.
PASSED_OVER: Final = 3
MOST_OFFERS: Final = 200  # in one transaction: stock is locked meanwhile


@dataclass(slots=True)
class Stock:
    """A stock row: how many places are `free` (None: any number), `kept` for the line before this look, and
    `collected` by it.
    """

    id: int
    free: int | None
    kept: int
    collected: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of ticket that is offered now, and its stock: its own, and its pool's."""

    id: int
    least: int
    until: datetime
    stocks: tuple[Stock, ...]

    @property
    def free(self) -> int | None:
        """How many places may be offered; None: any number."""
        return min((stock.free for stock in self.stocks if stock.free is not None), default=None)

    def take(self, number: int, *, gather: bool = False) -> None:
        """Nobody after this one gets these places."""
        for stock in self.stocks:
            if stock.free is not None:
                stock.free -= number
                stock.collected += number if gather else 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry in line."""

    id: int
    quantity: int
    takes_fewer: bool
    passed_over: int
    gathers_since: datetime | None
    kinds: Sequence[int]


@dataclass(frozen=True, slots=True)
class Offer:
    """Places for an entry."""

    entry_id: int
    kind: Kind
    quantity: int


@dataclass(slots=True)
class Look:
    """What is decided in one look: the offers, and what becomes of those whom the places did not fit."""

    now: datetime
    kinds: dict[int, Kind]
    gathers_for: timedelta
    offers: list[Offer] = field(default_factory=list)
    passed: list[tuple[int, int, datetime | None]] = field(default_factory=list)

    def go_along(self, line_of: Iterable[Waiting]) -> bool:
        """Decide of each in line while there are places; True where there is more to offer than fits here."""
        for waiting in line_of:
            if len(self.offers) >= MOST_OFFERS:
                return True
            if not any(kind.free != 0 for kind in self.kinds.values()):
                return False
            self._decide(waiting)
        return False

    def _decide(self, waiting: Waiting) -> None:
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

    def _offer(self, waiting: Waiting, kind: Kind, quantity: int) -> None:
        kind.take(quantity)
        self.offers.append(Offer(waiting.id, kind, quantity))

    def _pass_over(self, waiting: Waiting, kind: Kind) -> None:
        """Too few for this one: they are collected for it after a while, for as long as an offer is held."""
        since = waiting.gathers_since
        if since is not None and since + self.gathers_for <= self.now:
            self.passed.append((waiting.id, 0, None))
            return
        is_new = any(stock.kept > stock.collected for stock in kind.stocks)
        passed = waiting.passed_over + (1 if is_new and since is None else 0)
        if passed >= PASSED_OVER:
            since = since or self.now
            kind.take(kind.free or 0, gather=True)
        if (passed, since) != (waiting.passed_over, waiting.gathers_since):
            self.passed.append((waiting.id, passed, since))
