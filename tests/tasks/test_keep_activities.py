"""The audit log is kept in partitions: made ahead by the clock, and dropped when all entries of one are old."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock, db, health, retention, scheduled_jobs
from chalicelib.resources.admin import old_activities
from chalicelib.settings import settings
from devstack import database as servers
from tests.factories import stored
from tests.factories.activity import make_activity
from tests.factories.user import make_user
from tests.support.databases import REQUESTS_ROLE, TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

SIZE = 5_000_000
LONG_AGO = timedelta(days=500)
_PARTS = """
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'activities'::regclass ORDER BY 1
"""


def parts(database: TestDatabase) -> list[str]:
    return [row["name"].removeprefix("activities_") for row in database.rows(_PARTS)]


def ids_go_on_at(database: TestDatabase, id: int) -> None:
    database.run(f"ALTER TABLE activities ALTER id RESTART WITH {id}")


def keep(pump: Pump) -> None:
    """The job of a day that has not had it yet, and what follows from it."""
    with db.transaction() as session:
        db.fetch(session, "DELETE FROM outbox WHERE task = 'keep_activities'")
        db.fetch(session, "DELETE FROM tasks_done WHERE task = 'keep_activities'")
    retention.enqueue_today(old_activities.RETENTION.task)
    pump.everything()


def kept_for(environment: pytest.MonkeyPatch, days: int) -> None:
    environment.setenv("ACTIVITY_DAYS", str(days))
    settings.cache_clear()


def entry(action: str, time: datetime | None = None, **values: Any) -> int:
    return int(stored(make_activity, action=action, time=time or clock.now(), **values).id)


def told(client: Client) -> list[str]:
    """What staff sees, newest first."""
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    reply = staff.get("/v1/activities?page[size]=0")
    assert reply.status == 200, reply.text
    assert reply.json["meta"]["count"] == len(reply.data)
    for item in reply.data:
        assert staff.get(f"/v1/activities/{item['id']}").data["attributes"] == item["attributes"]
    return [item["attributes"]["action"] for item in reply.data]


def test_the_next_partition_is_made_before_it_is_needed(
    database: TestDatabase, client: Client, pump: Pump
) -> None:
    entry("first")
    assert parts(database) == ["p1", "p2", "rest"]
    ids_go_on_at(database, SIZE + 1)
    entry("second")

    pump.tick("sweep_outbox")  # the job is one of the clock's
    pump.everything()

    assert parts(database) == ["p1", "p2", "p3", "rest"]
    where = "SELECT tableoid::regclass::text FROM activities WHERE action = 'second'"
    assert database.one(where) == "activities_p2"
    assert told(client) == ["second", "first"]
    keep(pump)
    assert parts(database) == ["p1", "p2", "p3", "rest"]


def test_entries_that_came_where_no_partition_was_are_seen_and_move_into_theirs(
    database: TestDatabase, client: Client, pump: Pump
) -> None:
    entry("before")
    ids_go_on_at(database, 3 * SIZE)  # the job has not run for long
    entry("without one"), entry("nor this")
    assert database.one("SELECT count(*) FROM activities_rest") == 2
    assert told(client) == ["nor this", "without one", "before"]
    health.forget()
    assert "and entries that belong to none" in failing_partitions()

    keep(pump)

    assert parts(database) == ["p1", "p2", "p3", "p4", "p5", "rest"]
    assert database.one("SELECT count(*) FROM activities_rest") == 0
    assert told(client) == ["nor this", "without one", "before"]
    assert failing_partitions() == ""


def test_a_call_moves_the_rows_of_one_partition_and_the_next_goes_on(
    database: TestDatabase, client: Client, pump: Pump
) -> None:
    for id in (2 * SIZE, 3 * SIZE, 4 * SIZE):  # as a large log of a former server comes, with its ids
        ids_go_on_at(database, id)
        entry(f"from {id}")
    with db.transaction() as session:
        assert old_activities.keep_partitions(session, None) == 1
    assert database.one("SELECT count(*) FROM activities_rest") == 2
    keep(pump)
    assert database.one("SELECT count(*) FROM activities_rest") == 0
    assert parts(database) == ["p1", "p2", "p3", "p4", "p5", "rest"]
    assert len(told(client)) == 3


def failing_partitions() -> str:
    """What the health check says, if it fails."""
    health.forget()
    result = health._result(health.CHECKS["partitions"])
    return "" if result.passed else result.output


def test_a_probe_tells_before_the_partitions_are_full(database: TestDatabase, pump: Pump) -> None:
    assert failing_partitions() == ""
    ids_go_on_at(database, 2 * SIZE - 500_000)
    entry("late")
    assert failing_partitions().startswith("The audit log has partitions for 500000 more entries: the job ")
    keep(pump)
    assert failing_partitions() == ""


def test_a_partition_is_dropped_when_all_its_entries_are_old(
    database: TestDatabase, client: Client, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    kept_for(environment, 365)
    entry("ancient", clock.now() - LONG_AGO)
    entry("old", clock.now() - timedelta(days=370))
    ids_go_on_at(database, SIZE + 1)
    entry("old as well", clock.now() - timedelta(days=370))
    entry("new")

    keep(pump)

    assert parts(database) == ["p2", "p3", "rest"]
    # Where others are newer it goes a month later, alone.
    assert told(client) == ["new", "old as well"]
    with clock.shifted(timedelta(days=27)):
        database.run("UPDATE activities SET time = time - interval '27 days' WHERE action = 'old as well'")
        keep(pump)
    assert told(client) == ["new"]
    job = database.rows("SELECT handled FROM scheduled_jobs WHERE name = 'keep_activities'")
    assert job in ([], [{"handled": 3}])


def test_entries_of_one_partition_go_a_month_after_they_are_old_in_batches(
    database: TestDatabase,
    client: Client,
    pump: Pump,
    environment: pytest.MonkeyPatch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept_for(environment, 90)
    monkeypatch.setattr(old_activities, "RETENTION", replace(old_activities.RETENTION, batch=5))
    for days in (80, 100, 120):
        entry(f"{days} days", clock.now() - timedelta(days=days))
    for days in range(122, 134):
        entry(f"{days} days", clock.now() - timedelta(days=days))
    entry("timeless", time=None)
    database.run("UPDATE activities SET time = NULL WHERE action = 'timeless'")

    keep(pump)

    assert sorted(told(client)) == ["100 days", "120 days", "80 days", "timeless"]
    assert parts(database) == ["p1", "p2", "rest"]


def test_entries_without_a_time_keep_their_partition(
    database: TestDatabase, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    kept_for(environment, 90)
    entry("timeless")
    database.run("UPDATE activities SET time = NULL")
    ids_go_on_at(database, SIZE + 1)
    entry("new")
    keep(pump)
    assert parts(database) == ["p1", "p2", "p3", "rest"]


def test_everything_is_kept_by_default(database: TestDatabase, client: Client, pump: Pump) -> None:
    entry("ancient", clock.now() - 9 * LONG_AGO)
    ids_go_on_at(database, SIZE + 1)
    entry("new")
    keep(pump)
    assert told(client) == ["new", "ancient"]


@pytest.mark.parametrize("days", [1, 29, -1])
def test_a_retention_that_is_shorter_than_a_month_is_refused(
    environment: pytest.MonkeyPatch, days: int
) -> None:
    environment.setenv("ACTIVITY_DAYS", str(days))
    settings.cache_clear()
    with pytest.raises(SystemExit, match="ACTIVITY_DAYS is 0, which means forever, or 30 at least"):
        settings()
    environment.delenv("ACTIVITY_DAYS")
    settings.cache_clear()


def test_the_shortest_retention_is_thirty_days_by_whichever_clock(
    database: TestDatabase, client: Client, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    kept_for(environment, 30)  # as the transaction has begun before the task looks at its clock
    entry("old", clock.now() - timedelta(days=31))
    ids_go_on_at(database, SIZE + 1)
    entry("young", clock.now() - timedelta(days=29))
    ids_go_on_at(database, 2 * SIZE + 1)
    entry("new")

    keep(pump)
    assert parts(database) == ["p2", "p3", "p4", "rest"]
    with clock.shifted(timedelta(days=5)):  # a clock that is ahead of the database's
        keep(pump)

    assert told(client) == ["new", "young"]


def test_the_role_of_requests_can_drop_nothing_that_is_young(database: TestDatabase) -> None:
    entry("young", clock.now() - timedelta(days=29, hours=23))
    ids_go_on_at(database, SIZE + 1)
    entry("new")
    with servers.connected(database.requests_url) as connection:
        assert connection.run("SELECT made, dropped FROM keep_activity_partitions(now())") == [[1, 0]]
        with pytest.raises(Exception, match="must be owner"):
            connection.run("DROP TABLE activities_p1")
        with pytest.raises(Exception, match="permission denied"):
            connection.run("CREATE TABLE activities_p9 (id bigint)")
        assert connection.run("SELECT made, dropped FROM keep_activity_partitions(NULL)") == [[0, 0]]


def test_nobody_else_executes_what_runs_with_the_rights_of_the_owner(database: TestDatabase) -> None:
    definers = "SELECT oid::regprocedure::text AS name FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    names = sorted(row["name"] for row in database.rows(definers))
    assert names == ["advance_ids(text,bigint)", "keep_activity_partitions(timestamp with time zone)"]
    paths = (
        "SELECT DISTINCT proconfig[1] FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert database.one(paths) == "search_path=public, pg_temp"
    others = f"reports of {database.url.rpartition('/')[2]}"
    database.run(f'CREATE ROLE "{others}"')
    try:
        for name in names:
            may = "SELECT has_function_privilege(:role, :name, 'EXECUTE')"
            assert not database.one(may, role=others, name=name), name
            assert database.one(may, role=REQUESTS_ROLE, name=name), name
    finally:
        database.run(f'DROP ROLE "{others}"')


def test_while_somebody_reads_nobody_waits_and_the_task_comes_again(
    database: TestDatabase, client: Client, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    kept_for(environment, 365)
    entry("ancient", clock.now() - LONG_AGO)
    ids_go_on_at(database, SIZE + 1)
    entry("new")
    with servers.connected(database.url) as reading:
        reading.run("BEGIN")
        reading.run("SELECT count(*) FROM activities")
        keep(pump)
        entry("meanwhile")
        assert told(client) == ["meanwhile", "new", "ancient"]
        assert parts(database) == ["p1", "p2", "rest"]
        message = "SELECT attempts, done_at IS NULL AS waits FROM outbox WHERE task = 'keep_activities'"
        assert database.rows(message) == [{"attempts": 1, "waits": True}]
        reading.run("COMMIT")
    keep(pump)
    assert told(client) == ["meanwhile", "new"]
    assert parts(database) == ["p2", "p3", "rest"]


def test_two_that_keep_them_at_once_make_one(database: TestDatabase) -> None:
    ids_go_on_at(database, SIZE + 1)
    entry("new")
    made = []

    def run() -> None:
        with db.transaction() as session:
            made.append(old_activities.keep_partitions(session, None))

    with servers.connected(database.url) as other:
        other.run("BEGIN")
        assert other.run("SELECT made FROM keep_activity_partitions(NULL)") == [[1]]
        beside = threading.Thread(target=run)
        beside.start()
        beside.join()  # it does not wait
        other.run("COMMIT")
    run()
    assert made == [0, 0]
    assert parts(database) == ["p1", "p2", "p3", "rest"]


def test_the_clock_runs_it() -> None:
    assert old_activities.RETENTION.task in [job.name for job in scheduled_jobs.JOBS]
