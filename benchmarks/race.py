"""The comparison: every contestant answers every case alternately, round after round.

A round gives each of them a median, and the medians over the rounds are compared, so that other load on the
machine affects all of them alike.
"""

import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.cases import CASES, LOGGED_IN, Case
from benchmarks.contestants import PEERS, Contestant, Refused
from benchmarks.world import World

PREPARED, UNPREPARED, FLOOR = "ours", "ours, unprepared", "floor"
_FEWEST_ROUNDS, _WARM_UPS, _HAND_OVERS = 5, 3, 20
Figures = dict[str, dict[str, dict[str, float]]]  # case key -> contestant -> ms, beside, python


@contextmanager
def contestants(world: World) -> Iterator[dict[str, Contestant]]:
    """All of them, started, for the length of the block."""
    started: dict[str, Contestant] = {}

    def start(name: str, module: str, **environment: str) -> None:
        log = world.directory / f"{len(started)}.log"
        started[name] = Contestant(name, module, world.brief, environment, log)

    try:
        start(FLOOR, "benchmarks.floor")
        start(PREPARED, "benchmarks.ours", **world.environment, DB_PREPARE="true")
        start(UNPREPARED, "benchmarks.ours", **world.environment, DB_PREPARE="false")
        for name, module in PEERS.items():
            start(name, module)
        yield started
    finally:
        for contestant in started.values():
            contestant.stop()


def check(world: World, started: dict[str, Contestant]) -> None:
    """Refuse to race unless the floor's documents equal ours and the peers show as much as we do.

    What PostgreSQL computes for an attribute of ours (it has no column) is asked of the floor only.
    """
    nouns = json.loads(world.brief.read_text())["nouns"]
    for case in CASES:
        id = (world.write if case.method == "POST" else world.read)[1]
        ours = json.loads(started[PREPARED].do("show", key=case.key, id=id))
        for name, contestant in started.items():
            shown = json.loads(contestant.do("show", key=case.key, id=id))
            if name in PEERS:
                same = _shows_as_much(shown, ours, nouns)
            elif case.method == "POST":
                same = shown["data"]["attributes"].keys() == ours["data"]["attributes"].keys()
            else:
                same = _ordered(shown) == _ordered(ours)
            if not same:
                raise Refused(f"{name} answers case {case.key} with another document than ours")


def run(
    world: World, started: dict[str, Contestant], deadline: float, say: Callable[[str], None]
) -> tuple[Figures, int]:
    """Race until the deadline (time.monotonic); the figures and the number of rounds."""
    samples: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    rounds = 0
    turns = list(_turns(started))
    for case, keys, contestant in turns:
        contestant.times(keys, _ids(world, case, 0, _WARM_UPS))
    while rounds < _FEWEST_ROUNDS or time.monotonic() < deadline:
        for case, keys, contestant in turns:
            calls = case.calls if contestant.name not in PEERS else max(2, case.calls // 3)
            for key, measures in contestant.times(keys, _ids(world, case, rounds, calls)).items():
                for what, value in measures.items():
                    samples[key][contestant.name][what].append(value)
        rounds += 1
        if rounds % 5 == 0:
            say(f"{rounds} rounds")
    figures = {
        key: {
            name: {what: statistics.median(values) for what, values in measures.items()}
            for name, measures in by_name.items()
        }
        for key, by_name in samples.items()
    }
    for name in (PREPARED, UNPREPARED):
        for case in CASES:
            if case.method == "POST":
                figures[case.key][name] |= started[name].do(
                    "hand_over", key=case.key, ids=_ids(world, case, 0, _HAND_OVERS)
                )
    return figures, rounds


def _turns(started: dict[str, Contestant]) -> Iterator[tuple[Case, list[str], Contestant]]:
    """Who answers which case when; logged in and anonymous call by call."""
    for case in CASES:
        for contestant in started.values():
            both = contestant.name in {PREPARED, UNPREPARED} and case.method == "GET"
            yield case, [case.key, case.key + LOGGED_IN] if both else [case.key], contestant


def _ids(world: World, case: Case, number: int, count: int) -> list[int]:
    among = world.write if case.method == "POST" else world.read
    return [among[(number * count + n) % len(among)] for n in range(count)]


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    """The same document with what is included, whose order means nothing, in one order."""
    included = document.get("included")
    if included is None:
        return document
    return {
        **document,
        "included": sorted(included, key=lambda resource: (resource["type"], int(resource["id"]))),
    }


def _shows_as_much(shown: dict[str, Any], ours: dict[str, Any], nouns: dict[str, Any]) -> bool:
    """As many resources, as many included, and the first with an attribute for each column."""
    theirs, own = (
        document["data"] if isinstance(document["data"], list) else [document["data"]]
        for document in (shown, ours)
    )
    columns = sum(attribute["column"] is not None for attribute in nouns[own[0]["type"]]["attributes"])
    included = [len(document.get("included") or ()) for document in (shown, ours)]
    return len(theirs) == len(own) and included[0] >= included[1] and len(theirs[0]["attributes"]) >= columns
