"""One run: a market is made while all is calm, clients go about while services fail, and all settles."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pg8000.exceptions

from benchmarks.chaos.client import Unanswered
from benchmarks.chaos.journeys import JOURNEYS, Journey
from benchmarks.chaos.people import Market, Refused, World
from benchmarks.chaos.promises import copies
from benchmarks.chaos.services import Services, move_clock
from benchmarks.chaos.spells import Spell
from benchmarks.chaos.weather import Weather
from benchmarks.storm.paid import Books, compare
from devstack import aws_stand_in, database

_SETTLE: Final = 180.0  # seconds
_FARTHEST: Final = 6 * 3600.0  # seconds, further than any spell moves the clock
# What was written while the clock was ahead is due when it is there again.
_BACKLOG: Final = """
SELECT count(*) FROM outbox WHERE id <= :last AND done_at IS NULL AND failed_at IS NULL
AND due_at <= created_at + interval '1 minute' AND due_at <= now()
"""
# What was sent to wait in the queue waits for real minutes, which a run has not.
LEFT: Final = """
SELECT task, attempts, failure FROM outbox WHERE done_at IS NULL AND failed_at IS NULL
AND due_at <= now() + interval '6 hours'
AND (sent_at IS NULL OR due_at <= created_at + interval '1 minute')
"""
_UNFINISHED: Final = "SELECT count(*) FROM payments WHERE state NOT IN ('succeeded', 'canceled')"


@dataclass(slots=True)
class Recovery:
    """A spell that is over, and the seconds until a write was answered, and until what waited was done."""

    spell: str
    ended: float
    last: int = 0
    answered: float | None = None
    done: float | None = None


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    seed: int
    seconds: float = 0.0
    settled: float = 0.0
    journeys: Counter[str] = field(default_factory=Counter)
    recoveries: list[Recovery] = field(default_factory=list)
    mails: int = 0
    copies: int = 0
    books: Books = field(default_factory=Books)
    broken: list[str] = field(default_factory=list)


class Run:
    """A run of so many clients for so many seconds."""

    def __init__(self, services: Services, weather: Weather) -> None:
        self.services, self.weather = services, weather
        self.world = World(services.functions.port, services.resources.endpoint, services.stripe.url)
        self.outcome = Outcome(weather.seed)
        self._is_over = threading.Event()
        self._later: list[Recovery] = []
        self.world.is_over = self._is_over.is_set

    def go(
        self,
        seconds: float,
        clients: int,
        spells: tuple[Spell, ...],
        journeys: tuple[Journey, ...] = JOURNEYS,
    ) -> Outcome:
        """All of it. The checks of what must hold are in the outcome's `broken`."""
        market = Market(self.world, self._chance("market"))
        market.connect(self.services.url)
        began = time.monotonic()
        self.weather.storms = True
        threads = [
            threading.Thread(target=self._client, args=(market, number, journeys))
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        self._spells(began + seconds, spells)
        self._is_over.set()
        self.weather.storms = False
        for thread in threads:
            thread.join()
        self.outcome.seconds = time.monotonic() - began
        self._settle()
        self._judge()
        return self.outcome

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{self.weather.seed} {name}")  # noqa: S311 - no secret

    def _client(self, market: Market, number: int, journeys: tuple[Journey, ...]) -> None:
        chance = self._chance(f"client {number}")
        turn = number
        while not self._is_over.is_set():
            journey = journeys[turn % len(journeys)]
            turn += 1
            began = time.monotonic()
            try:
                how = journey(self.world, market, chance)
            except Unanswered:
                how = "unanswered"
            except Refused as problem:
                how = "overtaken by the clock"
                if not any(moment > began - 1 for moment in self.world.jumps):
                    how = "refused"
                    self.world.diary.complain(f"{journey.__name__}: {problem}")
            except Exception as problem:
                how = "failed"
                self.world.diary.complain(f"{journey.__name__}: {type(problem).__name__}: {problem}")
            with self.world.diary.lock:
                self.outcome.journeys[how] += 1

    def _spells(self, until: float, spells: tuple[Spell, ...]) -> None:
        chance, drawn = self._chance("spells"), list[Spell]()
        pause = 3.0 if spells else 0.2
        while time.monotonic() < until:
            self._watch(min(until, time.monotonic() + pause))
            if not spells or time.monotonic() >= until:
                continue
            drawn = drawn or chance.sample(spells, len(spells))  # each once before any twice
            spell = drawn.pop()
            spell.cast(self.services, self.weather, self.world, chance)
            self._later.append(Recovery(spell.name, time.monotonic()))
            with self._connected() as ask:
                self._later[-1].last = ask("SELECT max(id) FROM outbox") or 0
            self.outcome.recoveries.append(self._later[-1])

    def _watch(self, until: float) -> None:
        """Look at what has recovered until then."""
        while time.monotonic() < until:
            self._look()
            time.sleep(0.2)

    def _look(self) -> None:
        now = time.monotonic()
        for recovery in list(self._later):
            with self.world.diary.lock:
                after = [end for begun, end in self.world.diary.writes if begun >= recovery.ended]
            if recovery.answered is None and after:
                recovery.answered = min(after) - recovery.ended
            if recovery.done is None:
                with self._connected() as ask:
                    if ask(_BACKLOG, last=recovery.last) == 0:
                        recovery.done = now - recovery.ended
            if recovery.answered is not None and recovery.done is not None:
                self._later.remove(recovery)

    def _connected(self) -> "_Asking":
        return _Asking(self.services.url)

    def _settle(self) -> None:
        """Until nothing is under way: the clock goes on, as payments are reconciled after some minutes."""
        began, ahead, quiet = time.monotonic(), _FARTHEST, 0
        has_clock = "LOCAL_CLOCK" in self.services.environment
        while time.monotonic() - began < _SETTLE and quiet < 3:
            if has_clock:
                move_clock(self.services, ahead)
                ahead += 12 * 60
            self._watch(time.monotonic() + (3 if has_clock else 0.5))
            with database.connected(self.services.url) as connection:
                left = connection.run(LEFT)
                ((unfinished,),) = connection.run(_UNFINISHED)
            quiet = 0 if left or (unfinished and has_clock) else quiet + 1
        self.outcome.settled = time.monotonic() - began

    def _judge(self) -> None:
        sent = aws_stand_in.mails(self.services.resources.endpoint)
        self.outcome.mails, self.outcome.copies = len(sent), copies(sent)
        found = [*self.world.diary.broken]
        found += self.world.promises.broken(self.services.url, sent, LEFT)
        if "LOCAL_CLOCK" in self.services.environment:  # else nothing is reconciled
            compare(self.outcome.books, self.services.stripe, self.services.url)
            found += self.outcome.books.broken
        found += [f"a process of {name} ended by itself" for name in self.services.functions.ended]
        if not self.services.functions.are_started_again:
            found.append("functions that died were not started again")
        self.outcome.broken = found


class _Asking:
    """One value from the database, past the proxy; None while it is away."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> Callable[..., Any]:
        return self._ask

    def __exit__(self, *_: object) -> None:
        pass

    def _ask(self, sql: str, **values: Any) -> Any:
        try:
            with database.connected(self._url, timeout=10) as connection:
                return connection.run(sql, **values)[0][0]
        except (pg8000.exceptions.Error, OSError):
            return None
