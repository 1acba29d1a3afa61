"""One run of a load test: set up the sale, let everybody buy, check the outcome."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import psutil

from benchmarks.storm.buyers import Rush, rush
from benchmarks.storm.profile import Profile, profiled
from benchmarks.storm.recount import broken, outcomes
from benchmarks.storm.sale import Buyer, Person, make_sale, wanting
from benchmarks.storm.servers import Servers
from devstack.postgres import Postgres

CONNECTIONS = 50
_LONGEST_PAUSE = 0.03  # seconds between an answer and the kill that follows it


@dataclass(frozen=True, slots=True)
class Setting:
    """What is for sale, and how it is asked for: with keys, `twice`, and with processes killed after
    so many answers.
    """

    title: str
    pools: int
    kinds: int
    places: int
    keys: bool = False
    twice: bool = False
    kill_after: frozenset[int] = frozenset()


@dataclass(slots=True)
class Outcome:
    """What came of one run or several. Times are in seconds; `idle` is of all processors together."""

    buyers: int = 0
    seconds: float = 0.0
    idle: float = 0.0
    killed: int = 0
    profile: Profile = field(default_factory=Profile)
    took: list[float] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Count another run in."""
        self.buyers += other.buyers
        self.seconds += other.seconds
        self.idle += other.idle
        self.killed += other.killed
        self.profile.add(other.profile)
        self.took += other.took
        names = self.counted.keys() | other.counted.keys()
        self.counted = {name: self.counted.get(name, 0) + other.counted.get(name, 0) for name in names}
        self.broken += other.broken


def run(
    setting: Setting,
    servers: Servers,
    url: str,
    people: Sequence[Person],
    *,
    connections: int = CONNECTIONS,
    seed: int = 0,
    watched: Postgres | None = None,
) -> Outcome:
    """Let these people buy in a new sale, and count again. `seed` says who is killed, and how soon.

    With the server of the database, `watched`, there is a profile.
    """
    sale = make_sale(pools=setting.pools, kinds=setting.kinds, places=setting.places)
    buyers = wanting(sale, people, keys=setting.keys)
    killed, idle = servers.killed, _idle()
    with profiled(servers, watched) if watched else nullcontext(Profile()) as profile:
        done = rush(
            servers.port,
            buyers,
            connections,
            twice=setting.twice,
            noticed=_killer(servers, setting.kill_after, random.Random(seed)),  # noqa: S311 - no secret
        )
    return Outcome(
        buyers=len(buyers),
        seconds=done.seconds,
        idle=_idle() - idle,
        killed=servers.killed - killed,
        profile=profile,
        took=[story.seconds for story in done.stories],
        counted={**outcomes(done), **_repeats(done)},
        broken=broken(url, sale, done, len(buyers), sold=_sold(setting, buyers)),
    )


def warm_up(servers: Servers, people: Sequence[Person]) -> None:
    """Let these people buy without counting, so that every process has met its first request."""
    sale = make_sale(pools=1, kinds=1, places=len(people))
    rush(servers.port, wanting(sale, people, keys=False), CONNECTIONS)


def _idle() -> float:
    now = psutil.cpu_times()
    return float(now.idle + getattr(now, "iowait", 0.0))


def _sold(setting: Setting, buyers: Sequence[Buyer]) -> int:
    """How many places must be gone: all there are, or all that are wanted."""
    return min(setting.pools * setting.places, sum(len(buyer.tickets) for buyer in buyers))


def _repeats(done: Rush) -> dict[str, int]:
    return {
        "busy": sum(story.busy for story in done.stories),
        "lost": sum(story.lost for story in done.stories),
        "running": sum(story.running for story in done.stories),
    }


def _killer(servers: Servers, moments: frozenset[int], chance: random.Random) -> Callable[[int], None]:
    def notice(count: int) -> None:
        if count in moments:
            loop = asyncio.get_running_loop()
            loop.call_later(chance.uniform(0, _LONGEST_PAUSE), servers.kill_one, chance)

    return notice
