"""Report of a load test: the table, and the figures in JSON."""

import math
from collections.abc import Iterator
from typing import Any

import psutil

from benchmarks.storm import profile
from benchmarks.storm.runs import Outcome

_COLUMNS = {
    "distance": "ms away",
    "buyers": "buyers",
    "per second": "per s",
    "p50 ms": "p50 ms",
    "p99 ms": "p99 ms",
    "CPU %": "CPU %",
    "sold": "orders",
    "refused": "none",
    "busy": "503",
    "running": "running",
    "lost": "lost",
    "killed": "killed",
}


def figures(outcome: Outcome) -> dict[str, Any]:
    """An outcome in numbers: answers per second, ms, how busy the machine was, counts."""
    return {
        "buyers": outcome.buyers,
        "per second": round(outcome.buyers / outcome.seconds, 1),
        "p50 ms": round(percentile(outcome.took, 50) * 1000),
        "p99 ms": round(percentile(outcome.took, 99) * 1000),
        "CPU %": round(100 - 100 * outcome.idle / outcome.seconds / (psutil.cpu_count() or 1)),
        "killed": outcome.killed,
        **outcome.profile.figures(outcome.buyers),
        **outcome.counted,
        "broken": outcome.broken,
    }


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def lines(result: dict[str, Any]) -> Iterator[str]:
    """The whole report."""
    yield (
        f"{result['processors']} processors, load {result['load']} before; a commit takes "
        f"{result['commit ms']} ms here (fsync and synchronous_commit are on); seed {result['seed']}"
        + (", by way of PgBouncer" if result["pooler"] else "")
    )
    yield f"  {'':<28}{'':<7}" + "".join(f"{shown:>8}" for shown in _COLUMNS.values())
    for row in result["rows"]:
        cells = "".join(f"{_shown(row[name]):>8}" for name in _COLUMNS)
        yield f"  {row['title']:<28}{row['who']:<7}{cells}"
    for aim in result["aims"]:
        mark = "met   " if aim["met"] else "MISSED"
        yield f"  {mark}  {aim['what']:<62} {aim['value']:>5.2f}, at least {aim['at least']:g}"
    yield "  which limit a row has met"
    for row in result["rows"]:
        yield from profile.lines(row)
    found = [f"{row['title']} ({row['who']}): {what}" for row in result["rows"] for what in row["broken"]]
    yield from (f"  BROKEN  {what}" for what in found)
    if not found:
        yield "  kept    in each row: every place that there was, or that was wanted, is sold, and no other;"
        yield "          each buyer has an answer, none two orders; counters equal a recount; no half orders"


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:g}"
