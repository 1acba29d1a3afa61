"""Report of a benchmark run: times and ratios by case, other figures, and targets."""

from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.cases import CASES, LOGGED_IN
from benchmarks.contestants import PEERS
from benchmarks.race import FLOOR, PREPARED, UNPREPARED
from benchmarks.verdict import Verdict

Result = dict[str, Any]


def lines(result: Result, verdicts: list[Verdict]) -> Iterator[str]:
    """The whole report."""
    yield from _race(result)
    yield from _inside(result)
    yield from _others(result)
    yield ""
    yield from targets(verdicts)
    yield from _profiles(result)


def targets(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """A line for each target, met or missed, and how many of each."""
    verdicts = list(verdicts)
    yield "targets"
    for verdict in verdicts:
        mark = "met   " if verdict.met else "MISSED"
        yield f"  {mark}  {verdict.what:<58} {verdict.value:>8.2f}  {verdict.bound} {verdict.limit:g}"
    missed = sum(not verdict.met for verdict in verdicts)
    yield f"  {len(verdicts) - missed} met, {missed} missed"


def _race(result: Result) -> Iterator[str]:
    names = [FLOOR, PREPARED, UNPREPARED, *PEERS]
    figures = result["cases"]
    yield ""
    yield f"ms for one answer, medians of {result['rounds']} interleaved rounds; in brackets: times the floor"
    yield "  " + f"{'':<43}" + "".join(f"{name:>20}" for name in names)
    for case in CASES:
        floor = figures[case.key][FLOOR]["ms"]
        for key, title in ((case.key, case.title), (case.key + LOGGED_IN, "  logged in")):
            if key not in figures:
                continue
            cells = "".join(_cell(figures[key].get(name), floor) for name in names)
            yield f"  {case.key} {title:<41}{cells}"
    yield "  4, beside it: the hand-over to the queue after the commit (a stand-in); and the answer itself"
    yield "  when hand-overs come in between, so that the caches are cold:"
    for name in (PREPARED, UNPREPARED):
        found = figures["4"][name]
        yield f"    {name}: {found['beside']:.1f} ms; {found['in between']:.2f} ms"


def _cell(figure: dict[str, float] | None, floor: float) -> str:
    if figure is None:
        return f"{'':>20}"
    return f"{figure['ms']:>11.2f} ({figure['ms'] / floor:>5.2f})"


def _inside(result: Result) -> Iterator[str]:
    yield ""
    yield "within an answer of ours: ms of our processor; round trips to the database; ms of PostgreSQL's"
    yield "planning and execution as EXPLAIN ANALYZE tells them (which slows execution down)"
    for key, by_name in result["cases"].items():
        parts = []
        for name in (PREPARED, UNPREPARED):
            if name in by_name:
                trips = result["round trips"][name].get(key)
                parts.append(f"{name}: {by_name[name]['python']:.2f} ms, {trips} trips")
        told = result["statements"].get(key, [])
        planning, execution = (
            sum(statement[what] for statement in told) for what in ("planning", "execution")
        )
        floor_trips = result["round trips"][FLOOR].get(key)
        also = f"; floor: {floor_trips} trips" if floor_trips is not None else ""
        yield f"  {key:<3}{'; '.join(parts)}{also}; planning {planning:.2f}, execution {execution:.2f}"


def _others(result: Result) -> Iterator[str]:
    yield ""
    for name, figures in (result.get("growth") or {}).items():
        yield f"growth, {name}: " + ", ".join(f"{what} {ms:.2f} ms" for what, ms in figures.items())
    cold = result.get("cold start")
    if cold:
        yield "cold start: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in cold.items())
    feeds = result.get("feeds")
    if feeds:
        yield "feeds: " + ", ".join(f"{name} {value:.2f}" for name, value in feeds.items())
    scheduling = result.get("scheduling")
    if scheduling:
        yield "scheduling: " + ", ".join(f"{name} {value:g}" for name, value in scheduling.items())
    mails = result.get("mails")
    if mails:
        yield "mails: " + ", ".join(f"{name} {value:.1f}" for name, value in mails.items())
    door = result.get("door")
    if door:
        yield "the door: " + ", ".join(f"{name} {value:g}" for name, value in door.items())
    papers = result.get("papers")
    if papers:
        yield "papers: " + ", ".join(f"{name} {value:.1f}" for name, value in papers.items())
    imports = result.get("imports")
    if imports:
        yield "import of app.py: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in imports.items())
    texts = result.get("longest text")
    if texts:
        yield "the longest text, cleaned: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in texts.items())
    memory = result.get("memory")
    if memory:
        yield "memory in MB at the start and after each 1,000 requests: " + " ".join(map(str, memory))
    large = result.get("large answer")
    if large:
        yield "20,000 attendees in one answer: " + ", ".join(
            f"{what} {value:,}" for what, value in large.items()
        )
    files = result.get("files in")
    if files:
        yield "imports: " + ", ".join(f"{what} {value:,}" for what, value in files.items())
    moved = result.get("moving in")
    if moved:
        yield "moving in: " + ", ".join(f"{what} {value:,}" for what, value in moved.items())
    exports = result.get("exports")
    if exports:
        yield "exports of attendees: " + ", ".join(f"{what} {value:,}" for what, value in exports.items())
    tasks = result.get("tasks")
    if tasks:
        yield (
            "tasks, in batches of ten: "
            f"relay {tasks['relay per second']:.0f}/s ({tasks['relay ms']:.2f} ms each), "
            f"worker {tasks['worker per second']:.0f}/s ({tasks['worker ms']:.2f} ms each)"
        )
    line = result.get("waiting list")
    if line:
        yield "waiting list, cancelled to offered and mailed: " + ", ".join(
            f"{what} {value:.2f}" for what, value in line.items()
        )
    for what, why in result["left out"].items():
        yield f"left out: {what} ({why})"


def _profiles(result: Result) -> Iterator[str]:
    for key, profile in result["profiles"].items():
        yield ""
        yield f"where the time of {key} goes (prepared, under a profiler):"
        yield from (f"  {line}" for line in profile)
