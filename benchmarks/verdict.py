"""Targets compared with the measured figures: one line each, met or missed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks import cases
from benchmarks.cases import CASES, LOGGED_IN
from benchmarks.contestants import PEERS
from benchmarks.race import FLOOR, PREPARED

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target. `bound` says at most or at least; `case` is the key of the case it is about, if any.

    `imports` says that it is about the start of a process.
    """

    what: str
    value: float
    bound: str
    limit: float
    case: str | None = None
    imports: bool = False

    @property
    def met(self) -> bool:
        """Whether it holds."""
        return self.value >= self.limit if self.bound == "at least" else self.value <= self.limit

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "what": self.what,
            "value": round(self.value, 3),
            "bound": self.bound,
            "limit": self.limit,
            "met": self.met,
        }


def verdicts(result: Result) -> list[Verdict]:
    """All targets whose figures are there."""
    return [
        *_of_cases(result),
        *_of_round_trips(result),
        *_of_growth(result.get("growth") or {}),
        *of_the_process(result),
    ]


def _of_cases(result: Result) -> Iterator[Verdict]:
    figures = result["cases"]
    for case in CASES:
        by_name = figures[case.key]
        # As it is set by default; what it costs without kept plans is in the table above.
        ours = by_name[PREPARED]["ms"]
        ratio = ours / by_name[FLOOR]["ms"]
        yield Verdict(f"case {case.key}: floors", ratio, "at most", case.floor, case.key)
        peers = [by_name[peer]["ms"] for peer in PEERS if peer in by_name]
        if peers:
            ahead = min(peers) / ours
            what = f"case {case.key}: best peer's time / ours"
            yield Verdict(what, ahead, "at least", cases.PEERS_AT_LEAST, case.key)
        logged_in = figures.get(case.key + LOGGED_IN, {}).get(PREPARED)
        if logged_in:
            yield Verdict(
                f"case {case.key}: logged in / anonymous",
                logged_in["ms"] / ours,
                "at most",
                cases.LOGGED_IN_AT_MOST,
                case.key + LOGGED_IN,
            )


def _of_round_trips(result: Result) -> Iterator[Verdict]:
    for name, by_key in result["round trips"].items():
        if name == FLOOR:
            continue
        for key, count in by_key.items():
            plain = key.removesuffix(LOGGED_IN)
            posts = plain == "4"
            sort = "POST" if posts else "logged in" if key.endswith(LOGGED_IN) else "anonymous"
            what = f"case {plain}: round trips of {name}, {sort}"
            yield Verdict(what, count, "at most", cases.MOST_ROUND_TRIPS[sort])
    for name, (few, many) in result["round trips by rows"].items():
        yield Verdict(f"round trips for 50 rows / for 1 row, {name}", many / few, "at most", 1.0)


def _of_growth(growth: Result) -> Iterator[Verdict]:
    limits = {
        "page size": cases.LONGER_PAGE_AT_MOST,
        "by cursor": cases.LATER_PAGE_AT_MOST,
    }
    for name, figures in growth.items():
        (first, small), (second, large) = list(figures.items())
        limit = limits.get(name, cases.MORE_ATTENDEES_AT_MOST if name.startswith("/v1") else None)
        if limit is not None:
            yield Verdict(f"{name}: {second} / {first}", large / small, "at most", limit)


def of_the_process(result: Result) -> Iterator[Verdict]:
    """The targets of a process: its start, its memory, and what it makes."""
    cold = result.get("cold start")
    if cold:
        yield Verdict(
            "cold start of the zip / bare",
            cold["the zip"] / cold["bare"],
            "at most",
            cases.COLD_START_AT_MOST,
            imports=True,
        )
        for write in ("a POST", "a checkout", "a check-in"):
            yield Verdict(
                f"cold start with {write} / bare",
                cold[write] / cold["bare"],
                "at most",
                cases.COLD_WRITE_AT_MOST,
                imports=True,
            )
        yield Verdict(
            "cold start with twice the nouns",
            cold["twice the nouns"] / cold["ours"],
            "at most",
            cases.TWICE_THE_NOUNS_AT_MOST,
            imports=True,
        )
    for what, figure in (result.get("large answer") or {}).items():
        if what in cases.LARGE_ANSWER_AT_MOST:
            limit = cases.LARGE_ANSWER_AT_MOST[what]
            yield Verdict(f"20,000 attendees in one answer: {what}", figure, "at most", limit)
    for what, figure in (result.get("exports") or {}).items():
        if what in cases.EXPORTS_AT_MOST:
            yield Verdict(f"exports: {what}", figure, "at most", cases.EXPORTS_AT_MOST[what])
        if what in cases.EXPORTS_AT_LEAST:
            yield Verdict(f"exports: {what}", figure, "at least", cases.EXPORTS_AT_LEAST[what])
    texts = result.get("longest text")
    if texts:
        worst = texts["worst of hostile shapes"]
        yield Verdict("ms for the longest text in a hostile shape", worst, "at most", cases.LONGEST_TEXT_MS)
    for what, figure in (result.get("scheduling") or {}).items():
        if what in cases.SCHEDULING_AT_MOST:
            yield Verdict(f"scheduling: {what}", figure, "at most", cases.SCHEDULING_AT_MOST[what])
        if what in cases.SCHEDULING_AT_LEAST:
            yield Verdict(f"scheduling: {what}", figure, "at least", cases.SCHEDULING_AT_LEAST[what])
    for what, figure in (result.get("door") or {}).items():
        if what in cases.DOOR_AT_MOST:
            yield Verdict(f"the door: {what}", figure, "at most", cases.DOOR_AT_MOST[what])
        if what in cases.DOOR_AT_LEAST:
            yield Verdict(f"the door: {what}", figure, "at least", cases.DOOR_AT_LEAST[what])
    for what, figure in (result.get("mails") or {}).items():
        if what in cases.MAILS_AT_MOST:
            yield Verdict(f"mails: {what}", figure, "at most", cases.MAILS_AT_MOST[what])
    for what, figure in (result.get("waiting list") or {}).items():
        if what in cases.WAITING_LIST_AT_MOST:
            limit = cases.WAITING_LIST_AT_MOST[what]
            yield Verdict(f"waiting list, cancelled to offered: {what}", figure, "at most", limit)
    for what, figure in (result.get("papers") or {}).items():
        if what in cases.PAPERS_AT_MOST:
            yield Verdict(f"papers: {what}", figure, "at most", cases.PAPERS_AT_MOST[what])
    memory = result.get("memory")
    if memory:
        yield Verdict("memory in MB after 10,000 requests", memory[-1], "at most", cases.MEMORY_BELOW_MB)
        yield Verdict(
            "MB more in the second half",
            memory[-1] - memory[len(memory) // 2],
            "at most",
            cases.MEMORY_GROWTH_MB,
        )
