"""A task is stopped, or left for the next wake-up, before Lambda stops the process; and nothing stays locked."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chalicelib import db, db_roles, tasks
from chalicelib.tasks import TASKS
from chalicelib.tasks import dead_letters as dead_letter_tasks
from chalicelib.tasks.registry import RESERVE
from devstack.aws_stand_in import Resources
from devstack.gateway import LambdaContext
from tests.support.databases import REQUESTS_ROLE, TestDatabase
from tests.support.pump import Pump
from tests.tasks.conftest import Declare, Effects, write_down
from tests.tasks.messages import EMPTY, message, received, send

ROOT = Path(__file__).resolve().parent.parent.parent
A_MOMENT = RESERVE + 0.4
OWN = list(db_roles.REQUESTS.values())  # the limits of the role that requests and tasks are


def checked_out() -> int:
    return db.engine().pool.checkedout()  # type: ignore[attr-defined,no-any-return]


def limits() -> list[Any]:
    with db.transaction() as session:
        asked = "SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
        return db.fetch(session, asked)[0]


def test_a_statement_that_would_outlive_the_process_is_ended_by_the_database(
    declare: Declare, noting: Effects, stand_in: Resources, pump: Pump, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = [600, 0]

    @declare("sleep", delays=(0,), min_seconds=RESERVE + 0.1)
    def sleep(session: Session) -> None:
        noting.note(session, "slept")
        session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds.pop(0)})

    before = limits()
    send(message("sleep", arguments={}))
    answer = tasks.run(received(stand_in), seconds_left=lambda: A_MOMENT)

    assert len(answer["batchItemFailures"]) == 1
    assert noting.notes == [], "what it had done is undone"
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "a task failed" in line]
    assert line["code"] == "57014"  # query_canceled
    assert checked_out() == 0
    assert limits() == before == OWN, "the connection is as it was for whoever is next"
    pump.everything()
    assert noting.notes == ["slept"]


@pytest.mark.parametrize(("operators", "during"), [("0", "7s"), ("25s", "7s"), ("2s", "2s")])
def test_the_limit_of_a_statement_is_the_time_that_is_left_or_the_operators_if_that_is_less(
    declare: Declare, database: TestDatabase, stand_in: Resources, operators: str, during: str
) -> None:
    found = []

    @declare("look", min_seconds=5)
    def look(session: Session) -> None:
        found.append(session.scalar(text("SELECT current_setting('statement_timeout')")))

    name = database.one("SELECT current_database()")
    # Which is how an operator would give the role another limit than the migration function's.
    database.run(f"ALTER ROLE {REQUESTS_ROLE} IN DATABASE \"{name}\" SET statement_timeout = '{operators}'")
    send(message("look", arguments={}))
    tasks.run(received(stand_in), seconds_left=lambda: RESERVE + 7)

    assert found == [during]
    assert limits() == [operators, OWN[1]]


def test_what_needs_more_time_than_there_is_is_left_for_the_next_wake_up_and_the_rest_is_done(
    declare: Declare, noting: Effects, stand_in: Resources, pump: Pump
) -> None:
    @declare("think", min_seconds=20)
    def think(session: Session) -> None:
        noting.note(session, "thought")

    send(message("think", arguments={}))
    send(message())
    event = received(stand_in)
    answer = tasks.run(event, seconds_left=lambda: 15)

    left = [record["messageId"] for record in event["Records"] if '"think"' in record["body"]]
    assert answer == {"batchItemFailures": [{"itemIdentifier": item} for item in left]}
    assert noting.notes == ["hello"]
    assert pump.waiting()["visible"] == 1, "it waits for nothing but another process"
    pump.everything()
    assert noting.notes == ["hello", "thought"]


def test_being_left_for_want_of_time_is_no_attempt(
    declare: Declare, database: TestDatabase, noting: Effects, stand_in: Resources, pump: Pump
) -> None:
    weather = ["storm", "storm", "sun"]

    @declare("think", attempts=3, delays=(0,), min_seconds=20)
    def think(session: Session) -> None:
        if weather.pop(0) == "storm":
            raise RuntimeError
        noting.note(session, "thought")

    write_down("think")
    for _ in range(4):
        tasks.run(received(stand_in), seconds_left=lambda: 15)
    assert database.one("SELECT attempts FROM outbox") == 0
    for failures in (1, 2):
        assert pump.tasks() == 1
        assert database.one("SELECT attempts FROM outbox") == failures
    assert pump.tasks() == 1
    assert noting.notes == ["thought"]
    assert pump.waiting() == EMPTY


def test_a_task_that_has_failed_as_often_as_it_may_is_a_dead_letter_and_is_given_as_many_anew(
    declare: Declare, database: TestDatabase, stand_in: Resources, pump: Pump
) -> None:
    @declare("fail", attempts=2, delays=(0,), min_seconds=20)
    def fail(session: Session) -> None:
        raise RuntimeError

    write_down("fail")
    tasks.run(received(stand_in), seconds_left=lambda: 15)
    for _ in range(2):
        assert pump.waiting()["dead"] == 0
        assert pump.tasks() == 1
    assert pump.waiting() == {**EMPTY, "dead": 1}
    assert "fail failed 2 times" in database.one("SELECT failure FROM outbox")
    assert dead_letter_tasks.redrive(lambda _: None) == 1
    assert pump.tasks() == 1
    assert pump.waiting()["dead"] == 0
    assert pump.tasks() == 1
    assert pump.waiting() == {**EMPTY, "dead": 1}


def test_a_failure_that_cannot_be_counted_gives_nobody_up(
    declare: Declare, database: TestDatabase, stand_in: Resources, pump: Pump
) -> None:
    @declare("fail", attempts=1, delays=(0,))
    def fail(session: Session) -> None:
        session.execute(text("SELECT 1"))

    write_down("fail")
    database.run("ALTER TABLE outbox RENAME COLUMN attempts TO tries")
    database.run("ALTER TABLE tasks_done RENAME TO done_tasks")
    for _ in range(3):
        assert pump.tasks() == 1
    assert pump.waiting() == {**EMPTY, "visible": 1}
    database.run("ALTER TABLE outbox RENAME COLUMN tries TO attempts")
    database.run("ALTER TABLE done_tasks RENAME TO tasks_done")
    assert pump.tasks() == 1
    assert pump.waiting() == EMPTY


def test_what_cannot_be_read_waits_too_when_there_is_no_time_to_bury_it(
    noting: Effects, stand_in: Resources, pump: Pump
) -> None:
    send("not JSON")
    answer = tasks.run(received(stand_in), seconds_left=lambda: RESERVE - 1)

    assert len(answer["batchItemFailures"]) == 1
    assert pump.waiting()["dead"] == 0
    pump.everything()
    assert pump.waiting()["dead"] == 1


def test_every_task_of_ours_can_be_begun_by_a_fresh_process() -> None:
    import app  # noqa: F401 - declares them all

    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    limit = min(config["lambda_functions"]["tasks"]["lambda_timeout"], LambdaContext("tasks").seconds)
    assert [name for name, task in TASKS.items() if not RESERVE < task.min_seconds <= limit / 2] == []


def test_a_task_that_needs_less_than_the_reserve_is_refused(declare: Declare) -> None:
    with pytest.raises(ValueError, match="belong to no task"):
        declare("hurry", min_seconds=RESERVE)


def test_a_task_whose_connection_breaks_leaves_a_usable_one_to_the_next(
    declare: Declare, noting: Effects, stand_in: Resources, pump: Pump
) -> None:
    @declare("cut", attempts=1)
    def cut(session: Session) -> None:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    send(message("cut", arguments={}))
    send(message())
    answer = tasks.run(received(stand_in), seconds_left=lambda: 60)

    assert answer == {"batchItemFailures": []}
    assert pump.waiting()["dead"] == 1
    assert noting.notes == ["hello"]
    assert checked_out() == 0
    assert limits() == OWN


OTHER_PROCESS = """
import json, os, signal, sys
from sqlalchemy import text
from sqlalchemy.orm import Session
from chalicelib import tasks

@tasks.task("take_note", delays=(0,), min_seconds=3.1)
def take_note(session: Session, note: str) -> None:
    session.execute(text("INSERT INTO effects VALUES ('by the other process')"))
    print("holding", flush=True)
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    session.execute(text("SELECT 1"))

if sys.argv[1] == "SIGSTOP":
    print(json.dumps(tasks.run(json.loads(sys.stdin.readline()), lambda: float(sys.argv[2]))), flush=True)
    tasks.TASKS["take_note"] = tasks.Task("take_note", lambda session, note: None, 5, (0,), 10.0)
    print(json.dumps(tasks.run(json.loads(sys.stdin.readline()))), flush=True)
else:
    tasks.run(json.loads(sys.stdin.readline()))
"""


def other_process(how: str, left: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OTHER_PROCESS, how, str(left)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_of_a_process_that_is_frozen_within_a_task_the_database_takes_the_transaction_back(
    noting: Effects, stand_in: Resources
) -> None:
    send(message(id="the-same"))
    event = received(stand_in)
    with other_process("SIGSTOP", left=A_MOMENT) as frozen:
        assert frozen.stdin
        assert frozen.stdout
        try:
            print(json.dumps(event), file=frozen.stdin, flush=True)
            assert frozen.stdout.readline() == "holding\n"

            # This one waits until the frozen one's transaction has ended, which nobody but PostgreSQL can do.
            assert tasks.run(event) == {"batchItemFailures": []}
            assert noting.notes == ["hello"]

            frozen.send_signal(signal.SIGCONT)
            assert len(json.loads(frozen.stdout.readline())["batchItemFailures"]) == 1
            print(json.dumps(event), file=frozen.stdin, flush=True)
            assert json.loads(frozen.stdout.readline()) == {"batchItemFailures": []}, "it works again"
            assert noting.notes == ["hello"]
        finally:
            frozen.kill()


def test_a_process_that_is_killed_within_a_task_leaves_nothing_and_the_second_delivery_does_it(
    noting: Effects, stand_in: Resources
) -> None:
    send(message(id="the-same"))
    event = received(stand_in)
    with other_process("SIGKILL", left=10.0) as killed:
        assert killed.stdin
        print(json.dumps(event), file=killed.stdin, flush=True)
        assert killed.wait(30) == -signal.SIGKILL

    assert noting.notes == []
    assert tasks.run(event) == {"batchItemFailures": []}
    assert noting.notes == ["hello"]
