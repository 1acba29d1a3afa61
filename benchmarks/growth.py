"""Scaling: cost of longer and of later pages.

There are profiles of whatever grew more than allowed.
"""

import statistics
from collections.abc import Callable

import chalicelib.entrypoints  # noqa: F401 - knows every model
from benchmarks import cases
from benchmarks.contestants import Contestant, more_of_ours
from benchmarks.rows import copy_rows
from benchmarks.world import World
from chalicelib.resources.programme.session.session import Session
from devstack import database

_MANY_SESSIONS = 100_000
_LATE_PAGE = 5_000
_ROUNDS = 7
Figures = dict[str, dict[str, float]]
Profiles = dict[str, list[str]]


def pages(ours: Contestant) -> tuple[Figures, Profiles]:
    """ms for 20 and for 200 events on a page."""
    paths = {str(size): f"/v1/events?page[size]={size}" for size in (20, 200)}
    found = compared(ours, paths)
    why = profiled(ours, paths["200"], found, cases.LONGER_PAGE_AT_MOST)
    return {"page size": found}, {"page size": why} if why else {}


def late_pages(world: World, say: Callable[[str], None]) -> tuple[Figures, Profiles]:
    """ms for the first and for a late page of an event with 100,000 sessions, by number and by cursor."""
    brief, environment = world.other_database("bench_sessions")
    with database.connected(environment["DATABASE_URL"]) as connection:
        event = world.read[0]
        source = (
            f"(SELECT * FROM sessions WHERE event_id = {event} ORDER BY id LIMIT 1) r, "
            f"generate_series(1, {_MANY_SESSIONS}) n"
        )
        copy_rows(connection, Session, source, {"title": "'Session ' || n"})
        connection.run("ANALYZE sessions")
    say(f"an event with {_MANY_SESSIONS:,} sessions is made")
    ours = more_of_ours("ours at late pages", brief, environment)
    try:
        base = f"/v1/events/{event}/sessions?page[size]=20"
        numbered = {
            "page 1": f"{base}&page[number]=1",
            f"page {_LATE_PAGE:,}": f"{base}&page[number]={_LATE_PAGE}",
        }
        found = {"by number": compared(ours, numbered)}
        first, late = ours.do("cursor", base=base, number=_LATE_PAGE)
        found["by cursor"] = compared(ours, {"page 1": first, f"page {_LATE_PAGE:,}": late})
        why = profiled(ours, late, found["by cursor"], cases.LATER_PAGE_AT_MOST)
    finally:
        ours.stop()
    return found, {"by cursor": why} if why else {}


def profiled(ours: Contestant, path: str, figures: dict[str, float], limit: float) -> list[str]:
    """Where the time of a path goes, in Python and in PostgreSQL, if its last figure is over the limit."""
    first, last = figures.values()
    if last <= limit * first:
        return []
    told = ours.do("statements", key=path, id=0)
    statements = (
        f"planning {cost['planning']:.2f} ms, execution {cost['execution']:.2f} ms by EXPLAIN ANALYZE"
        for cost in told
    )
    return [*statements, *ours.do("profile", key=path, ids=[0] * _ROUNDS)]


def compared(ours: Contestant, paths: dict[str, str]) -> dict[str, float]:
    """Medians of interleaved rounds, in ms."""
    samples: dict[str, list[float]] = {name: [] for name in paths}
    for path in paths.values():
        _asked(ours, path, 3)
    for _ in range(_ROUNDS):
        for name, path in paths.items():
            samples[name].append(_asked(ours, path, 3))
    return {name: statistics.median(values) for name, values in samples.items()}


def _asked(ours: Contestant, path: str, calls: int) -> float:
    return ours.time(path, [0] * calls)["ms"]
