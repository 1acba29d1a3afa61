"""Scheduled jobs: one dispatcher runs whatever is declared, and notes when each was last completed.

Each job is idempotent, so that one which was interrupted, or missed, is simply run again. The dispatcher
begins with the job whose last start is longest ago: what a killed process did not get to comes first next
time. A job whose work is done by tasks is completed by the last of their batches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db, doubt, half_imported, log, telemetry
from chalicelib.db import Model
from chalicelib.health import Unwell, check

SWEEP: Final = timedelta(minutes=1)  # the period of the clock that calls the dispatcher
DAY: Final = timedelta(days=1)
# A job of the sweep may be late by some sweeps, as a probe looks every five minutes.
_LEAST_PATIENCE: Final = timedelta(minutes=10)
_PERIODS: Final = 2  # after so many without a completed run a job is late

_DECLARE: Final = """
    INSERT INTO scheduled_jobs (name, period_seconds, known_since)
    SELECT name, seconds, $3::timestamptz FROM unnest($1::text[], $2::int[]) AS declared (name, seconds)
    ON CONFLICT (name) DO UPDATE SET period_seconds = excluded.period_seconds
     WHERE scheduled_jobs.period_seconds <> excluded.period_seconds
"""
# A clock that was ahead has left moments that are to come: a job that is late since would seem in time.
_SET_BACK: Final = """
    UPDATE scheduled_jobs SET known_since = least(known_since, $1::timestamptz),
           completed_at = least(completed_at, $1::timestamptz),
           started_at = least(started_at, $1::timestamptz)
     WHERE greatest(known_since, started_at, completed_at) > $1::timestamptz + $2::interval
"""
_DROP: Final = "DELETE FROM scheduled_jobs WHERE name <> ALL ($1::text[])"
# What a job does is in doubt until it was completed once after a backup was restored: it may have been done
# in the time that was lost.
_ORDER: Final = """
    SELECT name, (SELECT max(id) FROM restorations
                   WHERE scheduled_jobs.completed_at IS NULL OR restored_at > scheduled_jobs.completed_at)
      FROM scheduled_jobs ORDER BY started_at NULLS FIRST, id
"""
_START: Final = "UPDATE scheduled_jobs SET started_at = $2 WHERE name = $1"
_HANDLED: Final = """
    UPDATE scheduled_jobs SET handled = handled + $2, runs = runs + $3::boolean::int,
           completed_at = CASE WHEN $3 THEN $4::timestamptz ELSE completed_at END
     WHERE name = $1
"""
_LATE: Final = """
    SELECT name, extract(epoch FROM $1::timestamptz - coalesce(completed_at, known_since))::float8 AS age,
           period_seconds
      FROM scheduled_jobs ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `run()` does the work, or enqueues it, and returns the number of rows that it has handled.

    It returns None where tasks do the work: the last of their batches calls handled(..., is_last=True).
    `zone` says by whose days it counts.
    """

    name: str
    period: timedelta
    run: Callable[[], int | None]
    zone: str = "UTC"


class ScheduledJob(Model):
    """When a job was started and completed, and how many rows it has handled in all."""

    __tablename__ = "scheduled_jobs"
    name: Mapped[str] = mapped_column(unique=True)
    period_seconds: Mapped[int]
    known_since: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    runs: Mapped[int] = mapped_column(BigInteger, server_default="0")  # completed ones
    handled: Mapped[int] = mapped_column(BigInteger, server_default="0")  # rows


class JobsFailed(Exception):
    """Some jobs failed, and all others were run. The text names them."""


def dispatch(jobs: Sequence[Job]) -> None:
    """Run all jobs once, each whether or not another one fails.

    Raises the error where one job alone has failed, and JobsFailed for several.
    """
    by_name = {job.name: job for job in jobs}
    failures = dict[str, Exception]()
    for name, restoration in _order(jobs):
        with db.transaction() as session:
            db.fetch(session, _START, [name, clock.now()])
        try:
            with doubt.about(restoration):
                rows = by_name[name].run()
            if rows is not None:
                with db.transaction() as session:
                    handled(session, name, rows, is_last=True)
        except Exception as problem:
            log.error("a scheduled job failed", problem, job=name)
            half_imported.end_process_after(problem)  # the rest is run in the next minute
            failures[name] = problem
    _report(len(jobs), sorted(failures))
    if len(failures) == 1:
        raise next(iter(failures.values()))
    if failures:
        raise JobsFailed(", ".join(sorted(failures)))


def handled(session: Session, name: str, rows: int, *, is_last: bool) -> None:
    """Note in this transaction that the job has handled so many rows; with `is_last` it is completed.

    Sent with the commit, so that the dispatcher waits for no task.
    """
    db.enqueue_for_commit(session, _HANDLED, [name, rows, is_last, clock.now()])
    if rows:
        log.info("a scheduled job goes on", job=name, rows=rows, is_completed=is_last)
        db.after_commit(session, lambda: telemetry.metric("JobRows", rows))


def late(session: Session) -> dict[str, float]:
    """The jobs that were not completed for two periods, and for how many seconds."""
    return {
        name: age for name, age, seconds in db.fetch(session, _LATE, [clock.now()]) if _is_late(age, seconds)
    }


def _order(jobs: Sequence[Job]) -> list[tuple[str, int | None]]:
    """The names of the jobs, in the order in which to run them, each with the restoration since which it is
    in doubt; those not declared any more are dropped.
    """
    names = [job.name for job in jobs]
    seconds = [int(job.period.total_seconds()) for job in jobs]
    with db.transaction() as session:
        db.enqueue(session, _DECLARE, [names, seconds, clock.now()])
        db.enqueue(session, _SET_BACK, [clock.now(), SWEEP])
        db.enqueue(session, _DROP, [names])
        # Another version of this program, beside this one while it is deployed, may know more.
        return [(name, restoration) for name, restoration in db.fetch(session, _ORDER) if name in names]


def _report(count: int, failed: list[str]) -> None:
    with db.transaction() as session:
        rows: list[Any] = db.fetch(session, _LATE, [clock.now()])
    behind = {name: age for name, age, seconds in rows if _is_late(age, seconds)}
    telemetry.metric("JobsRun", count - len(failed))
    # Of the job that is furthest behind: 1 is one period of its own.
    telemetry.metric("JobPeriods", max((age / seconds for _, age, seconds in rows), default=0.0), "None")
    log.info("the scheduled jobs have run", count=count, failed=failed, late=sorted(behind))


def _is_late(age: float, seconds: int) -> bool:
    return age > max(_PERIODS * seconds, _LEAST_PATIENCE.total_seconds())


@check("scheduled jobs", seconds=60)
def _jobs() -> str:
    """Fails while a job was not completed for two of its periods."""
    with db.transaction() as session:
        behind = late(session)
    if behind:
        ages = ", ".join(f"{name} for {age:.0f} seconds" for name, age in behind.items())
        raise Unwell(f"Not completed for two periods: {ages}.")
    return "Every scheduled job was completed within two periods."
