"""A model of a waiting list by the written rules alone (docs/waiting-list.md): two kinds of tickets that share a hall."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = ("seat", "box")
HALL: Final = "hall"
PASSED_OVER: Final = 3
ENDED: Final = ("claimed", "lapsed", "declined", "left", "removed")


@dataclass(slots=True)
class Entry:
    """Somebody who waits, or did."""

    person: str
    kinds: tuple[str, ...]
    quantity: int
    takes_fewer: bool
    state: str = "waiting"
    offered: tuple[str, int] | None = None
    passed: int = 0
    collects: bool = False
    is_in_vain: bool = False  # for as long as an offer lasts
    until: int = 0  # until when an offer is held, for who counts the time
    joined: int = 0  # which place in the line it has had from the beginning


@dataclass(slots=True)
class Counter:
    """The places of a kind, or of the hall."""

    capacity: int
    taken: int = 0
    reserved: int = 0

    @property
    def free(self) -> int:
        return self.capacity - self.taken


@dataclass(slots=True)
class Model:
    """Who waits in which order, and what is taken and reserved."""

    counters: dict[str, Counter]
    line: list[Entry] = field(default_factory=list)
    is_on: bool = True
    # The kinds in their order, what they share, and the least that is ordered of one.
    kinds: tuple[str, ...] = KINDS
    hall: str = HALL
    least: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str) -> tuple[Counter, Counter]:
        return self.counters[kind], self.counters[self.hall]

    def held(self, name: str) -> int:
        """How many places offers hold, of a kind or of the hall."""
        offers = [entry.offered for entry in self.line if entry.state == "offered" and entry.offered]
        return sum(number for kind, number in offers if name in (kind, self.hall))

    def free(self, kind: str) -> int:
        return min(counter.free for counter in self.of(kind))

    def left(self, kind: str) -> int:
        """For everybody."""
        return min(counter.free - counter.reserved for counter in self.of(kind))

    def waiting(self) -> list[Entry]:
        return sorted((e for e in self.line if e.state == "waiting"), key=lambda entry: entry.joined)

    def wanted(self, name: str) -> int:
        """How many places those in line want, of a kind or of the hall."""
        of_kinds = self.kinds if name == self.hall else (name,)
        return sum(
            entry.quantity
            for entry in self.waiting()
            for kind in entry.kinds
            if kind in of_kinds and self.is_on
        )

    def active(self, person: str) -> Entry | None:
        return next((e for e in self.line if e.person == person and e.state not in ENDED), None)

    def settle(self) -> None:
        """No more is reserved than there is, and is waited for."""
        for name, counter in self.counters.items():
            counter.reserved = min(counter.reserved, max(counter.free, 0), self.wanted(name))

    def take(self, kind: str, number: int) -> None:
        for counter in self.of(kind):
            counter.taken += number
        self.settle()

    def set_free(self, kind: str, number: int) -> None:
        """Places come free: they are kept for whoever waits."""
        for counter in self.of(kind):
            counter.taken -= number
            counter.reserved += number
        self.settle()

    def resize(self, name: str, capacity: int) -> None:
        counter = self.counters[name]
        counter.reserved += max(capacity - counter.capacity, 0)
        counter.capacity = capacity
        self.settle()

    def join(self, person: str, kinds: tuple[str, ...], quantity: int, *, takes_fewer: bool) -> int:
        if not self.is_on or any(self.left(kind) >= quantity for kind in kinds) or self.active(person):
            return 409
        self.line.append(Entry(person, kinds, quantity, takes_fewer, joined=len(self.line)))
        return 200

    def claim(self, entry: Entry) -> Entry | None:
        """What is offered is ordered; who wanted more waits on for the rest, where they were."""
        self.end(entry, "claimed")
        rest = entry.quantity - (entry.offered or ("", 0))[1]
        if not rest:
            return None
        other = Entry(entry.person, entry.kinds, rest, entry.takes_fewer, joined=entry.joined)
        self.line.append(other)
        self.settle()
        return other

    def end(self, entry: Entry, state: str) -> None:
        former, entry.state, entry.collects = entry.state, state, False
        if former == "offered" and entry.offered is not None and state != "claimed":
            self.set_free(*entry.offered)
        self.settle()

    def offer(self, entry: Entry, kind: str, number: int) -> None:
        entry.state, entry.offered, entry.collects = "offered", (kind, number), False
        for counter in self.of(kind):
            counter.taken += number

    def offer_out_of_turn(self, entry: Entry) -> int:
        if entry.state != "waiting" or not self.is_on:
            return 409
        for kind in self.kinds:
            if kind in entry.kinds and self.free(kind) >= entry.quantity:
                for counter in self.counters.values():
                    counter.reserved = 0
                self.offer(entry, kind, entry.quantity)
                self.look()
                return 200
        return 409

    def look(self) -> None:
        """Free places go along the line."""
        kept = {name: counter.reserved for name, counter in self.counters.items()}
        collected = dict.fromkeys(self.counters, 0)

        def free(kind: str) -> int:
            return min(self.counters[name].free - collected[name] for name in (kind, self.hall))

        for entry in self.waiting() if self.is_on else []:
            kinds = [kind for kind in self.kinds if kind in entry.kinds and free(kind) > 0]
            fitting = [kind for kind in kinds if free(kind) >= entry.quantity]
            if fitting:
                self.offer(entry, fitting[0], entry.quantity)
            elif kinds:
                most = max(kinds, key=free)
                if entry.takes_fewer and free(most) >= self.least.get(most, 1):
                    self.offer(entry, most, free(most))
                    continue
                if entry.collects and entry.is_in_vain:
                    entry.collects, entry.passed, entry.is_in_vain = False, 0, False
                    continue
                is_new = any(kept[name] > collected[name] for name in (most, self.hall))
                entry.passed += 1 if is_new and not entry.collects else 0
                if entry.passed >= PASSED_OVER:
                    entry.collects = True
                    number = free(most)
                    for name in (most, self.hall):
                        collected[name] += number
        for name, counter in self.counters.items():
            counter.reserved = collected[name]
        self.settle()

    def would_offer(self) -> bool:
        """Whether somebody in line would be offered something now."""
        tried = deepcopy(self)
        tried.look()
        return [entry.state for entry in tried.line] != [entry.state for entry in self.line]
