"""`make storm`: comparison with the naive twin, then killed processes and duplicated requests, with one
table.

The exit code is 1 when an invariant was violated. Throughput alone never fails: the table says what was
missed.
"""

import json
import os
import platform
import secrets
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psutil

from benchmarks.fork_server import ROOT
from benchmarks.storm import paid
from benchmarks.storm.paid import Books
from benchmarks.storm.report import figures, lines
from benchmarks.storm.runs import CONNECTIONS, Outcome, Setting, run, warm_up
from benchmarks.storm.servers import Kind, Servers, serving
from benchmarks.storm.stage import Stage, set_up
from benchmarks.storm.waiting import Waited, run_waiting
from devstack import database
from devstack.processes import NotStarted
from devstack.stripe_stand_in import StripeStandIn

RESULT = ROOT / "build" / "storm.json"
BUYERS, PLACES = 2000, 200
_PROCESSES, _FEW_PROCESSES = 8, 4
# With POOLER=1 twice as many processes share this many connections by way of PgBouncer.
_BY_POOLER = 4
_COMMITS = 50
_PAYING, _SEATS = 200, 150
_DISTANCES = (0.0, 1.0)  # ms to the database and back
_ROUNDS, _IN_A_ROUND = 3, 400  # of the settings in which all get what they want
_ENOUGH = 1000
_MORE_ROUNDS = 50.0  # seconds within which another one is begun

SCARCE = Setting("one pool, 200 places", pools=1, kinds=3, places=PLACES)
ONE_POOL = Setting("one pool, places for all", pools=1, kinds=3, places=_ENOUGH)
POOLS = Setting("8 pools, places for all", pools=8, kinds=1, places=_ENOUGH // 8)
KILLED = Setting(
    "processes killed at random",
    pools=1,
    kinds=3,
    places=PLACES,
    keys=True,
    # Often while places are sold, and still now and then when all are gone.
    kill_after=frozenset([*range(5, 300, 15), *range(300, BUYERS, 100)]),
)
TWICE = Setting("every request twice at once", pools=1, kinds=3, places=PLACES, keys=True, twice=True)
OURS, NAIVE = "ours", "naive"
_AIMS = {SCARCE: 1.0, ONE_POOL: 1.0, POOLS: 3.0}  # times naive
Row = dict[str, Any]
_began = time.monotonic()


def main() -> int:
    """Run, print and write."""
    result: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "processors": psutil.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 1),
        "pooler": os.environ.get("POOLER") == "1",
        "seed": secrets.randbelow(10**6),
    }
    RESULT.parent.mkdir(exist_ok=True)
    say("starting PostgreSQL and signing in the buyers")
    pooled = os.environ.get("POOLER") == "1"
    with set_up(BUYERS + max(CONNECTIONS, PLACES), pooled=_BY_POOLER if pooled else 0) as stage:
        result["commit ms"] = _commit_ms(stage)
        rows = [row for distance in _DISTANCES for row in _race(stage, distance)]
        rows += [_hardship(stage, setting, result["seed"]) for setting in (KILLED, TWICE)]
        books = _paid(stage, result["seed"])
        waited = _waiting(stage, result["seed"])
    result["rows"] = rows
    result["books"] = {**asdict(books), "fared": dict(books.fared)}
    counted = {"answers": dict(waited.answers), "states": dict(waited.states)}  # asdict() mangles counters
    result["waiting list"] = {**asdict(waited), **counted}
    result["aims"] = list(_aims(rows))
    for line in (*lines(result), "  paid online, processes killed at random", *books.lines()):
        print(line)
    for line in (f"  waiting list: {BUYERS} join while {PLACES} cancel, processes killed", *waited.lines()):
        print(line)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    say(f"the figures are in {RESULT.relative_to(ROOT)}")
    return 1 if books.broken or waited.broken or any(row["broken"] for row in result["rows"]) else 0


def say(text: str) -> None:
    """Tell whoever waits, with the seconds since the start."""
    print(f"[{time.monotonic() - _began:4.0f} s] {text}", file=sys.stderr, flush=True)


def _race(stage: Stage, distance: float) -> Iterator[Row]:
    """Ours and its naive twin in turns, on the same database, so that neighbors disturb both alike."""
    say(f"ours and its naive twin, {distance:g} ms from the database")
    found: dict[tuple[Setting, str], Outcome] = defaultdict(Outcome)
    with stage.fresh_database() as url, _contestants(stage, url, distance) as started:
        last = time.monotonic() + _MORE_ROUNDS
        for number in range(_ROUNDS):
            if number and time.monotonic() > last:
                say(f"no time for more than {number} rounds")
                break
            for setting in (SCARCE, ONE_POOL, POOLS) if number == 0 else (ONE_POOL, POOLS):
                people = stage.people[: BUYERS if setting is SCARCE else _IN_A_ROUND]
                for name, servers in started.items() if number % 2 == 0 else reversed(started.items()):
                    found[setting, name].add(run(setting, servers, url, people, watched=stage.postgres))
    for (setting, name), outcome in found.items():
        yield {"title": setting.title, "who": name, "distance": distance, **figures(outcome)}


@contextmanager
def _contestants(stage: Stage, url: str, distance: float) -> Iterator[dict[str, Servers]]:
    environment = {**stage.environment, "DATABASE_URL": stage.way_to(url)}
    with (
        serving(environment, stage.many(_PROCESSES), Kind(naive=False, round_trip_ms=distance)) as ours,
        serving(environment, stage.many(_PROCESSES), Kind(naive=True, round_trip_ms=distance)) as naive,
    ):
        started = {OURS: ours, NAIVE: naive}
        for servers in started.values():
            warm_up(servers, stage.people[-CONNECTIONS:])
        yield started


def _hardship(stage: Stage, setting: Setting, seed: int) -> Row:
    say(setting.title)
    with stage.fresh_database() as url:
        environment = {**stage.environment, "DATABASE_URL": stage.way_to(url)}
        with serving(environment, stage.many(_FEW_PROCESSES)) as servers:
            outcome = run(setting, servers, url, stage.people[:BUYERS], seed=seed)
    return {"title": setting.title, "who": OURS, "distance": 0.0, **figures(outcome)}


def _paid(stage: Stage, seed: int) -> Books:
    say("paid online, processes killed at random")
    stripe = StripeStandIn(log=RESULT.with_name("storm-stripe.log"))
    try:
        os.environ.update(paid.environment(stripe))  # of this process too, which settles what is left
        with stage.fresh_database() as url:
            environment = {
                **stage.environment,
                **paid.environment(stripe),
                "DATABASE_URL": stage.way_to(url),
            }
            with serving(environment, stage.many(_FEW_PROCESSES)) as servers:
                people = stage.people[:_PAYING]
                return paid.run_paid(
                    servers, stripe, url, people, places=_SEATS, threads=16, kill_every=10, seed=seed
                )
    finally:
        stripe.close()


def _waiting(stage: Stage, seed: int) -> Waited:
    say("a waiting list, processes killed at random")
    with stage.fresh_database() as url:
        environment = {**stage.environment, "DATABASE_URL": stage.way_to(url)}
        with serving(environment, stage.many(_FEW_PROCESSES)) as servers:
            people = stage.people[: BUYERS + PLACES]
            return run_waiting(servers, url, people, places=PLACES, seed=seed)


def _aims(rows: list[Row]) -> Iterator[Row]:
    speed = {(row["title"], row["who"], row["distance"]): row["per second"] for row in rows}
    for distance in _DISTANCES:
        for setting, least in _AIMS.items():
            ours, naive = (speed[setting.title, who, distance] for who in (OURS, NAIVE))
            value = round(ours / naive, 2)
            what = f"{setting.title}, {distance:g} ms away: throughput of naive, times"
            yield {"what": what, "value": value, "at least": least, "met": value >= least}


def _commit_ms(stage: Stage) -> float:
    """What it takes this disk to keep one small row, in the median."""
    took = []
    with database.connected(stage.server) as connection:
        connection.run("CREATE TABLE small (n int)")
        for number in range(_COMMITS):
            began = time.perf_counter()
            connection.run("INSERT INTO small VALUES (:n)", n=number)
            took.append(time.perf_counter() - began)
    return round(statistics.median(took) * 1000, 2)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotStarted as problem:
        sys.exit(f"make storm: {problem}")
    except TimeoutError:
        sys.exit("make storm: a rush was not over within three minutes")
