"""Each message has its effect once, failures come back, and nothing is ever dropped."""

import json
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chalicelib import db, tasks
from chalicelib.tasks import RetryLater
from devstack import database as maintenance
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.tasks.conftest import Declare, Effects, write_down
from tests.tasks.messages import EMPTY, message, received, send


def test_a_task_is_done_and_its_story_is_told(database: TestDatabase, noting: Effects, pump: Pump) -> None:
    write_down("take_note", note="hello")
    pump.everything()

    assert noting.notes == ["hello"]
    assert database.one("SELECT count(*) FROM outbox WHERE done_at IS NOT NULL") == 1
    assert database.one("SELECT task FROM tasks_done") == "take_note"
    assert pump.waiting() == EMPTY


def test_a_message_delivered_twice_has_one_effect(noting: Effects, pump: Pump) -> None:
    body = message()
    send(body)
    send(body)
    pump.everything()
    send(body)
    pump.everything()

    assert noting.notes == ["hello"]
    assert pump.waiting() == EMPTY


def test_a_message_delivered_twice_at_once_has_one_effect(
    database: TestDatabase, noting: Effects, stand_in: Resources, pump: Pump
) -> None:
    send(message(id="the-same"))
    event, answers = received(stand_in), []
    with maintenance.connected(database.url) as other_process:
        other_process.run("START TRANSACTION")
        other_process.run(
            "INSERT INTO tasks_done (key, task, done_at) VALUES ('the-same', 'take_note', now())"
        )
        other_process.run("INSERT INTO effects VALUES ('by the other process')")
        this_one = threading.Thread(target=lambda: answers.append(tasks.run(event)))
        this_one.start()
        this_one.join(timeout=0.3)
        assert this_one.is_alive(), "it must wait for the one who came first"
        other_process.run("COMMIT")
        this_one.join(timeout=10)

    assert answers == [{"batchItemFailures": []}]
    assert noting.notes == ["by the other process"]


def test_the_second_delivery_does_the_work_when_the_first_one_dies(
    database: TestDatabase, noting: Effects, stand_in: Resources
) -> None:
    send(message(id="the-same"))
    event = received(stand_in)
    with maintenance.connected(database.url) as other_process:
        other_process.run("START TRANSACTION")
        other_process.run(
            "INSERT INTO tasks_done (key, task, done_at) VALUES ('the-same', 'take_note', now())"
        )
        other_process.run("ROLLBACK")

    assert tasks.run(event) == {"batchItemFailures": []}
    assert noting.notes == ["hello"]


def test_messages_out_of_order_end_in_the_right_effects(
    declare: Declare, effects: Effects, pump: Pump
) -> None:
    @declare("make_cup", delays=(0,))
    def make_cup(session: Session) -> None:
        effects.note(session, "cup")

    @declare("fill_cup", delays=(0,))
    def fill_cup(session: Session) -> None:
        if not session.scalar(text("SELECT count(*) FROM effects WHERE note = 'cup'")):
            raise RetryLater("there is no cup")
        effects.note(session, "tea")

    send(message("fill_cup", arguments={}))
    assert pump.tasks() == 1
    assert effects.notes == []
    send(message("make_cup", arguments={}))
    pump.everything()

    assert effects.notes == ["cup", "tea"]
    assert pump.waiting() == EMPTY


def test_a_task_that_fails_leaves_no_effect_and_comes_back_while_the_others_of_its_batch_are_done(
    database: TestDatabase, declare: Declare, noting: Effects, pump: Pump
) -> None:
    weather = ["storm", "storm", "sun"]

    @declare("sail", delays=(0,))
    def sail(session: Session) -> None:
        noting.note(session, "sailed")
        session.flush()
        if weather.pop(0) == "storm":
            raise RuntimeError("the sail is torn")

    write_down("sail")
    write_down("take_note", note="hello")
    assert pump.tasks() == 2
    assert noting.notes == ["hello"]
    assert database.one("SELECT count(*) FROM tasks_done") == 1
    pump.everything()

    assert noting.notes == ["hello", "sailed"]
    assert pump.waiting() == EMPTY


def test_only_the_failed_messages_of_a_batch_come_back(
    declare: Declare, noting: Effects, stand_in: Resources
) -> None:
    @declare("fail")
    def fail(session: Session) -> None:
        raise RuntimeError

    send(message("fail", arguments={}))
    send(message())
    send("not JSON")
    event = received(stand_in)

    answer = tasks.run(event)

    failed = [record["messageId"] for record in event["Records"] if '"fail"' in record["body"]]
    assert answer == {"batchItemFailures": [{"itemIdentifier": item} for item in failed]}


def test_a_failed_task_waits_longer_each_time(declare: Declare, effects: Effects, pump: Pump) -> None:
    @declare("fail", delays=(60, 600))
    def fail(session: Session) -> None:
        raise RuntimeError

    write_down("fail")
    pump.everything()

    assert pump.waiting() == {**EMPTY, "in_flight": 1}
    assert [tasks.TASKS["fail"].delay_after(attempt) for attempt in (1, 2, 3)] == [60, 600, 600]


def test_when_time_is_short_the_rest_of_the_batch_comes_back_at_once(
    noting: Effects, stand_in: Resources, pump: Pump
) -> None:
    for note in ("first", "second", "third"):
        send(message(arguments={"note": note}))
    event, clock_in_seconds = received(stand_in), [30.0, 3.0, 2.0]

    answer = tasks.run(event, seconds_left=lambda: clock_in_seconds.pop(0))

    assert len(answer["batchItemFailures"]) == 2
    assert len(noting.notes) == 1
    assert pump.waiting()["visible"] == 2
    pump.everything()
    assert noting.notes == ["first", "second", "third"]


def test_the_log_of_a_task_carries_the_id_of_the_request_that_caused_it(
    declare: Declare, effects: Effects, pump: Pump, capsys: pytest.CaptureFixture[str]
) -> None:
    from chalicelib import log

    @declare("speak")
    def speak(session: Session) -> None:
        log.info("I am the task")

    with log.traced("the-request"):
        write_down("speak")
    pump.everything()

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["trace"] for line in lines if line["message"] == "I am the task"] == ["the-request"]


def test_a_task_always_gives_its_connection_back(declare: Declare, effects: Effects, pump: Pump) -> None:
    @declare("fail", attempts=4, delays=(0,))
    def fail(session: Session) -> None:
        session.execute(text("SELECT 1"))
        session.execute(text("SELECT nothing_of_the_kind"))

    for _ in range(5):
        write_down("fail")
    pump.everything()

    assert pump.waiting()["dead"] == 5
    assert db.engine().pool.checkedout() == 0  # type: ignore[attr-defined]


def test_two_tasks_of_one_name_are_refused(declare: Declare) -> None:
    def run(session: Session) -> None: ...

    declare("twice")(run)
    with pytest.raises(ValueError, match="two tasks named twice"):
        declare("twice")(run)
