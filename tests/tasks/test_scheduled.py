"""Scheduled jobs: each is run although another fails, what was not reached comes first, and lateness is noticed."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock, health, scheduled
from chalicelib.resources.orders.order import overdue_orders
from chalicelib.scheduled import DAY, SWEEP, Job, JobsFailed, dispatch
from chalicelib.scheduled_jobs import JOBS
from tests.factories import stored
from tests.factories.order import make_order
from tests.support.databases import TestDatabase
from tests.support.pump import Pump

TASKS_PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"


class Stopped(BaseException):
    """The process ends while a job runs."""


def test_a_job_that_fails_keeps_none_from_running(database: TestDatabase) -> None:
    ran = list[str]()

    def fail() -> int:
        raise ValueError("no")

    def succeed() -> int:
        ran.append("good")
        return 3

    jobs = [Job("bad", SWEEP, fail), Job("good", SWEEP, succeed)]
    with pytest.raises(ValueError, match="no"):
        dispatch(jobs)
    with pytest.raises(JobsFailed, match="bad, worse"):
        dispatch([*jobs, Job("worse", DAY, fail)])
    assert ran == ["good", "good"]
    rows = database.rows(
        "SELECT name, runs, handled, completed_at IS NULL AS never FROM scheduled_jobs ORDER BY 1"
    )
    assert rows == [
        {"name": "bad", "runs": 0, "handled": 0, "never": True},
        {"name": "good", "runs": 2, "handled": 6, "never": False},
        {"name": "worse", "runs": 0, "handled": 0, "never": True},
    ]


def test_what_a_killed_process_did_not_reach_comes_first(database: TestDatabase) -> None:
    ran = list[str]()

    def job(name: str, *, ends: bool = False) -> Job:
        def run() -> int:
            ran.append(name)
            if ends:
                raise Stopped
            return 0

        return Job(name, SWEEP, run)

    with pytest.raises(Stopped):
        dispatch([job("first"), job("slow", ends=True), job("last")])
    with pytest.raises(Stopped):
        dispatch([job("first"), job("slow", ends=True), job("last")])
    assert ran == ["first", "slow", "last", "first", "slow"]
    dispatch([job("first"), job("last")])
    assert database.one("SELECT count(*) FROM scheduled_jobs") == 2, (
        "what is not declared any more is dropped"
    )


def test_a_job_that_is_late_for_two_periods_is_unwell(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [Job("hourly", timedelta(hours=1), lambda: 2), Job("by_task", DAY, lambda: None)]
    dispatch(jobs)
    health.probe()
    assert _result("scheduled jobs").passed
    with clock.shifted(timedelta(hours=3)):
        health.probe()
        assert not _result("scheduled jobs").passed
        assert "hourly for 10" in _result("scheduled jobs").output
        assert "by_task" not in _result("scheduled jobs").output
        capsys.readouterr()
        dispatch(jobs)
        said = [
            json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')
        ]
    told = {
        name: line[name] for line in said for name in ("JobsRun", "JobRows", "JobPeriods") if name in line
    }
    assert (told["JobsRun"], told["JobRows"]) == (2, 2)
    assert 0.12 < told["JobPeriods"] < 0.13  # three hours of a day
    with clock.shifted(timedelta(hours=49)):
        health.probe()
        assert "by_task" in _result("scheduled jobs").output
    health.forget()


def test_a_clock_that_was_ahead_hides_no_job_that_is_late(database: TestDatabase) -> None:
    def fail() -> int:
        raise ValueError("no")

    good = [Job("first", SWEEP, lambda: 1), Job("hourly", timedelta(hours=1), lambda: 2)]
    with clock.shifted(timedelta(days=400)):
        dispatch(good)
    jobs = [good[0], Job("hourly", timedelta(hours=1), fail)]
    with pytest.raises(ValueError, match="no"):
        dispatch(jobs)
    with clock.shifted(timedelta(hours=3)):
        health.probe()
        assert "hourly for 10" in _result("scheduled jobs").output
    health.forget()
    assert (
        database.one("SELECT count(*) FROM scheduled_jobs WHERE started_at > now() + interval '1 day'") == 0
    )


def test_a_version_that_knows_fewer_jobs_runs_its_own(database: TestDatabase) -> None:
    def meanwhile() -> int:
        dispatch([Job("first", SWEEP, lambda: 1), Job("newer", SWEEP, lambda: 1)])
        return 1

    dispatch([Job("first", SWEEP, meanwhile)])
    dispatch([Job("first", SWEEP, lambda: 1)])
    assert database.rows("SELECT name FROM scheduled_jobs") == [{"name": "first"}]


def _result(name: str) -> health.Result:
    return health._known[name]


def test_the_sweep_completes_every_job_with_the_tasks_that_it_enqueues(
    pump: Pump, database: TestDatabase
) -> None:
    for _ in range(2):
        pump.tick("sweep_outbox")
        pump.everything()
    rows = database.rows("SELECT name, completed_at IS NOT NULL AS is_completed FROM scheduled_jobs")
    assert {row["name"]: row["is_completed"] for row in rows} == {job.name: True for job in JOBS}


def test_an_order_whose_message_was_lost_is_expired_all_the_same(pump: Pump, database: TestDatabase) -> None:
    now = clock.now()
    lost, held, paid = (
        stored(make_order, status="initializing", expires_at=now - timedelta(minutes=6)),
        stored(make_order, status="initializing", expires_at=now + timedelta(minutes=6)),
        stored(make_order, status="completed", expires_at=None),
    )
    for _ in range(2):
        pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'expire_order'") == 1
    pump.everything()
    states = {row["id"]: row["status"] for row in database.rows("SELECT id, status FROM orders")}
    assert states == {lost.id: "expired", held.id: "initializing", paid.id: "completed"}
    assert overdue_orders.plan() == 0


def test_the_page_lists_every_job() -> None:
    table = TASKS_PAGE.read_text().partition("\n## The clock's jobs\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", table, re.MULTILINE)
    words: dict[Any, str] = {SWEEP: "minute", timedelta(minutes=5): "5 minutes", DAY: "day"}
    assert rows == [(job.name, words[job.period], job.zone) for job in JOBS]
    assert scheduled.SWEEP == SWEEP
