"""Profile of a rush: who used the processors, and what the connections of PostgreSQL waited for.

It says which limit a row of the load test has met: the processors, a lock, or the disk.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from benchmarks.storm.servers import Servers
from devstack import database
from devstack.postgres import Postgres

_EVERY: Final = 0.05  # seconds between two looks at pg_stat_activity
# Connections at work, by what they wait for. Without a wait event they use, or want, a processor.
_WAITING: Final = """
SELECT CASE WHEN wait_event_type = 'Lock' THEN 'locks'
            WHEN wait_event_type IN ('IO', 'LWLock') THEN 'disk'
            WHEN wait_event_type IS NULL THEN 'processor'
            ELSE 'other' END, count(*)
FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY 1
"""


@dataclass(slots=True)
class Profile:
    """CPU seconds by who used them; connections by what they waited for, added over `looks` looks."""

    cpu: dict[str, float] = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)
    looks: int = 0

    def add(self, other: "Profile") -> None:
        """Count another one in."""
        for name, seconds in other.cpu.items():
            self.cpu[name] = self.cpu.get(name, 0.0) + seconds
        self.waiting.update(other.waiting)
        self.looks += other.looks

    def figures(self, buyers: int) -> dict[str, Any]:
        """ms of CPU for each buyer, connections waiting at a time, and buyers a second at most here."""
        if not self.looks:
            return {}
        used = {name: round(seconds * 1000 / buyers, 2) for name, seconds in self.cpu.items()}
        return {
            "CPU ms": used,
            "waiting": {name: round(count / self.looks, 2) for name, count in self.waiting.items()},
            "processors allow": round(1000 * (psutil.cpu_count() or 1) / sum(used.values())),
        }


@contextmanager
def profiled(servers: Servers, postgres: Postgres) -> Iterator[Profile]:
    """A profile of the block, which is filled in when the block ends."""
    found = Profile()
    before = _spent(servers, postgres)
    is_over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(postgres.url("postgres"), is_over, found), daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        is_over.set()
        watcher.join()
    for name, seconds in _spent(servers, postgres).items():
        found.cpu[name] = seconds - before[name]


def _watch(url: str, is_over: threading.Event, found: Profile) -> None:
    with database.connected(url) as connection:
        while not is_over.wait(_EVERY):
            found.waiting.update(dict(connection.run(_WAITING)))
            found.looks += 1


def _spent(servers: Servers, postgres: Postgres) -> Mapping[str, float]:
    own = psutil.Process().cpu_times()
    return {
        "functions": servers.cpu_seconds(),
        "PostgreSQL": postgres.cpu_seconds(),
        "buyers": own.user + own.system,
    }


def lines(row: Mapping[str, Any]) -> Iterator[str]:
    """What the profile of a row of the report says."""
    if "CPU ms" not in row:
        return
    used = ", ".join(f"{name} {ms:g}" for name, ms in row["CPU ms"].items())
    waiting = ", ".join(f"{name} {count:g}" for name, count in sorted(row["waiting"].items()))
    yield f"  {row['title']}, {row['who']}, {row['distance']:g} ms away: {row['per second']:g} a second"
    yield f"          ms of CPU for each buyer: {used}"
    yield f"          of which the processors do {row['processors allow']} a second at most"
    yield f"          connections at a time by what they wait for: {waiting or 'none'}"
