"""`make bench`: runs everything within twenty minutes, and prints one table and writes one JSON file."""

import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks import race, report
from benchmarks.cases import CASES, LOGGED_IN, SESSIONS
from benchmarks.contestants import ROOT, Contestant, Refused, more_of_ours
from benchmarks.race import FLOOR, PREPARED, UNPREPARED
from benchmarks.verdict import verdicts
from benchmarks.world import World, made_world

RESULT = ROOT / "build" / "result.json"
_RACE_ENDS, _ATTENDEES_BEGIN_BEFORE = 200.0, 700.0  # seconds after the start
_PROFILED = 30
_QUIET = 1.0
_began = time.monotonic()


def main() -> int:
    """Measure, print and write. The exit code is 0 also when targets are missed: the table says so."""
    busy = os.getloadavg()[0]
    if busy > _QUIET:
        say(f"this machine is busy (load {busy:.1f}), which makes the figures worse")
    say("starting PostgreSQL and making the rows")
    with made_world() as world:
        result = _measured(world)
    found = verdicts(result)
    result["targets"] = [verdict.as_json() for verdict in found]
    for line in report.lines(result, found):
        print(line)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    say(f"the figures are in {RESULT.relative_to(ROOT)}")
    say("python3 -m benchmarks.cost and benchmarks.scale write docs/cost.md and docs/scale.md")
    return 0


def say(text: str) -> None:
    """Tell whoever waits, with the seconds since the start."""
    print(f"[{time.monotonic() - _began:4.0f} s] {text}", file=sys.stderr, flush=True)


def _measured(world: World) -> Any:
    from benchmarks import (  # they import the product, whose settings the world has set
        crowd,
        door,
        exports,
        feeds,
        growth,
        imports,
        large_answer,
        longest_texts,
        mails,
        moving_in,
        papers,
        scheduling,
    )

    result: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "left out": {},
    }
    with race.contestants(world) as started:
        race.check(world, started)
        say("the documents agree; racing")
        result["cases"], result["rounds"] = race.run(world, started, _began + _RACE_ENDS, say)
        ours = started[PREPARED]
        result |= _looked_into(world, started)
        say("longer pages")
        result["growth"], result["profiles"] = growth.pages(ours)
        found = [verdict for verdict in verdicts(result) if not verdict.met and verdict.case]
        missed = sorted({verdict.case for verdict in found if verdict.case})
        result["profiles"] |= {f"case {key}": _profile(world, ours, key) for key in missed}
        say("tasks")
        result["tasks"] = ours.do("call", module="benchmarks.task_throughput", function="measured")
        say("a waiting list")
        result["waiting list"] = ours.do("call", module="benchmarks.waiting_line", function="measured")
    result["cold start"] = _cold_start(world)
    result["imports"] = _imports(world)
    if [verdict for verdict in verdicts(result) if not verdict.met and verdict.imports]:
        result["profiles"]["imports"] = _import_times(world)
    say("the longest texts")
    result["longest text"] = longest_texts.measured()
    say("feeds")
    result["feeds"] = feeds.measured()
    say("papers")
    result["papers"] = papers.measured()
    say("mails")
    result["mails"] = mails.measured()
    say("a schedule of 300 sessions")
    result["scheduling"] = scheduling.measured()
    say("the door of 100,000 attendees")
    result["door"] = door.measured()
    result["memory"] = _memory(world)
    result["large answer"] = large_answer.measured(world, say)
    result["exports"] = exports.measured(world, say)
    result["files in"] = imports.measured(world, say)
    say("moving in from a former server")
    result["moving in"] = moving_in.measured()
    _grow(result, growth.late_pages(world, say))
    if time.monotonic() - _began > _ATTENDEES_BEGIN_BEFORE:
        result["left out"]["attendees"] = "no time was left"
    else:
        _grow(result, crowd.measured(world, say))
    return result


def _grow(result: dict[str, Any], more: tuple[dict[str, Any], dict[str, Any]]) -> None:
    figures, profiles = more
    result["growth"] |= figures
    result["profiles"] |= profiles


def _looked_into(world: World, started: dict[str, Contestant]) -> dict[str, Any]:
    say("round trips and plans")
    trips: dict[str, dict[str, int]] = {}
    for name in (FLOOR, PREPARED, UNPREPARED):
        keys = [case.key for case in CASES]
        if name != FLOOR:
            keys += [case.key + LOGGED_IN for case in CASES if case.method == "GET"]
        trips[name] = {key: started[name].do("round_trips", key=key, id=_id(world, key)) for key in keys}
    by_rows = {}
    for name in (PREPARED, UNPREPARED):
        paths = [
            f"/v1/events/{world.read[0]}/sessions?include=speakers&page[size]={n}" for n in (1, SESSIONS)
        ]
        for path in paths:
            started[name].do("show", key=path, id=0)
        by_rows[name] = [started[name].do("round_trips", key=path, id=0) for path in paths]
    statements = {
        key: started[PREPARED].do("statements", key=key, id=_id(world, key)) for key in trips[PREPARED]
    }
    return {"round trips": trips, "round trips by rows": by_rows, "statements": statements}


def _profile(world: World, ours: Contestant, key: str) -> list[str]:
    among = world.write if key == "4" else world.read
    ids = [among[n % len(among)] for n in range(_PROFILED)]
    found: list[str] = ours.do("profile", key=key, ids=ids)
    return found


def _imports(world: World) -> dict[str, float]:
    from benchmarks import first_nouns

    say("imports with the first nouns and with all")
    return first_nouns.measured(world.directory / "first", {**os.environ, **world.environment})


def _cold_start(world: World) -> dict[str, float]:
    from benchmarks import cold_start

    say("cold starts")
    return cold_start.measured(world)


def _import_times(world: World) -> list[str]:
    from benchmarks import cold_start

    return cold_start.import_times(world)


def _memory(world: World) -> list[float]:
    say("10,000 requests, for their memory")
    fresh = more_of_ours("ours", world.brief, world.environment)
    try:
        found: list[float] = fresh.do("call", module="benchmarks.memory", function="measured")
    finally:
        fresh.stop()
    return found


def _id(world: World, key: str) -> int:
    return (world.write if key == "4" else world.read)[0]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refused as problem:
        sys.exit(f"make bench: {problem}")
