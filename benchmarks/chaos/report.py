"""The report of a chaos test, for people."""

import statistics
from collections.abc import Iterator

from benchmarks.chaos.run import Outcome, Recovery, Run


def lines(outcome: Outcome, run: Run) -> Iterator[str]:
    """All of it, line by line."""
    diary, weather, functions = run.world.diary, run.weather, run.services.functions
    yield (
        f"seed {outcome.seed}: {outcome.seconds:.0f} s of faults, "
        f"{outcome.settled:.0f} s until all was settled"
    )
    for what, count in sorted(weather.counted.items()):
        yield f"  {count:>5}  {what}"
    for name in sorted({recovery.spell for recovery in outcome.recoveries}):
        yield from _spell(name, [recovery for recovery in outcome.recoveries if recovery.spell == name])
    killed = ", ".join(f"{count} {name}" for name, count in functions.killed.items())
    yield f"  killed    {killed}; the next one was there after {_times(functions.back)}"
    exchanges = ", ".join(f"{each.exchanges} {name}" for name, each in run.services.proxies.items())
    yield f"  exchanges {exchanges}"
    yield f"  journeys  {', '.join(f'{count} {how}' for how, count in sorted(outcome.journeys.items()))}"
    yield f"  answers   {', '.join(f'{count} {how}' for how, count in sorted(diary.answers.items()))}"
    yield f"  repeated  {len(diary.stalls)} requests, until the definite answer {_times(diary.stalls)}"
    yield (
        f"  mails     {outcome.mails}, of which {outcome.copies} are copies; "
        f"SES took {weather.mails.total()} unheard"
    )
    books = outcome.books
    yield (
        f"  books     provider {books.received / 100:.2f} EUR received, {books.returned / 100:.2f} returned; "
        f"ours {books.noted / 100:.2f}, {books.refunded / 100:.2f}"
    )
    yield from (f"  BROKEN    {what}" for what in outcome.broken)
    if not outcome.broken:
        kept = run.world.promises.kept
        yield f"  kept      {kept} promises of answers: nothing lost, nothing doubled, each answer definite"


def _spell(name: str, mine: list[Recovery]) -> Iterator[str]:
    answered = [recovery.answered for recovery in mine if recovery.answered is not None]
    done = [recovery.done for recovery in mine if recovery.done is not None]
    yield f"  spell     {name}, {len(mine)} times"
    yield f"            a write was answered after {_times(answered)}"
    yield f"            what waited was done after {_times(done)}"


def _times(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} s, at most {max(values):.1f} s" if values else "no time"
