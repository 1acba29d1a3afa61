"""What cannot be done or read ends where a person finds it, with the reason."""

import json

import pytest
from sqlalchemy.orm import Session

from chalicelib import tasks
from chalicelib.settings import settings
from chalicelib.tasks import PermanentFailure, RetryLater
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.tasks.conftest import Declare, Effects, write_down
from tests.tasks.messages import EMPTY, dead_letters, message, received, send


def test_after_its_last_attempt_a_task_becomes_a_dead_letter_with_the_reason(
    database: TestDatabase, declare: Declare, effects: Effects, pump: Pump
) -> None:
    tried = []

    @declare("sail", attempts=3, delays=(0,))
    def sail(session: Session) -> None:
        tried.append(1)
        raise RuntimeError("the sail\nis torn")

    write_down("sail")
    pump.everything()

    assert len(tried) == 3
    assert pump.waiting() == {**EMPTY, "dead": 1}
    ((body, reason),) = dead_letters()
    assert json.loads(body)["task"] == "sail"
    assert reason == "sail failed 3 times, at last with RuntimeError: the sail is torn"
    story = database.rows("SELECT failure, done_at FROM outbox WHERE failed_at IS NOT NULL")
    assert story == [
        {"failure": "sail failed 3 times, at last with RuntimeError: the sail\nis torn", "done_at": None}
    ]


def test_a_dead_letter_that_is_put_back_is_done_after_all(
    database: TestDatabase, declare: Declare, effects: Effects, pump: Pump
) -> None:
    weather = ["storm", "sun"]

    @declare("sail", attempts=1)
    def sail(session: Session) -> None:
        if weather.pop(0) == "storm":
            raise RuntimeError
        effects.note(session, "sailed")

    write_down("sail")
    pump.everything()
    ((body, _),) = dead_letters()
    send(body)
    pump.everything()

    assert effects.notes == ["sailed"]
    assert database.one("SELECT count(*) FROM outbox WHERE done_at IS NOT NULL AND failed_at IS NULL") == 1


def test_a_row_that_never_comes_ends_as_a_dead_letter(declare: Declare, effects: Effects, pump: Pump) -> None:
    @declare("fill_cup", attempts=2, delays=(0,))
    def fill_cup(session: Session) -> None:
        raise RetryLater("there is no cup 7")

    write_down("fill_cup")
    pump.everything()

    ((_, reason),) = dead_letters()
    assert "there is no cup 7" in reason


def test_what_never_will_be_is_a_dead_letter_at_once(declare: Declare, effects: Effects, pump: Pump) -> None:
    tried = []

    @declare("square_the_circle")
    def square_the_circle(session: Session) -> None:
        tried.append(1)
        raise PermanentFailure("pi is not algebraic")

    write_down("square_the_circle")
    pump.everything()

    assert tried == [1]
    assert [reason for _, reason in dead_letters()] == ["square_the_circle: pi is not algebraic"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("not JSON", "not a JSON object"),
        ("[1, 2]", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ("{}", "not a JSON object"),
        (message(format=2), "format 2"),
        (message(format=None), "format None"),
        (message(id=""), "no id"),
        (message(id=5), "no id"),
        (message("no_such_task"), "no task named 'no_such_task'"),
        (message(task=["take_note"]), "no task named"),
        (message(arguments=[]), "not an object"),
        (message(arguments={}), "wrong arguments for take_note"),
        (message(arguments={"note": "a", "more": "b"}), "wrong arguments for take_note"),
        (message(arguments={"session": 1, "note": "a"}), "wrong arguments for take_note"),
    ],
    ids=[
        "text",
        "array",
        "endless nesting",
        "empty object",
        "tomorrow's format",
        "no format",
        "empty id",
        "number as id",
        "unknown task",
        "task that is no text",
        "arguments that are no object",
        "argument missing",
        "argument too many",
        "argument that is ours",
    ],
)
def test_a_message_nobody_can_read_becomes_a_dead_letter_and_no_crash_loop(
    body: str, reason: str, noting: Effects, pump: Pump
) -> None:
    send(body)
    send(message())
    pump.everything()

    assert noting.notes == ["hello"]
    assert pump.waiting() == {**EMPTY, "dead": 1}
    ((kept, why),) = dead_letters()
    assert kept == body
    assert reason in why


def test_a_dead_letter_that_cannot_be_sent_comes_back_instead_of_being_lost(
    environment: pytest.MonkeyPatch, effects: Effects, stand_in: Resources
) -> None:
    send("not JSON")
    event = received(stand_in)
    environment.setenv("DEAD_LETTERS_URL", "")
    settings.cache_clear()

    answer = tasks.run(event)

    assert answer["batchItemFailures"] == [{"itemIdentifier": event["Records"][0]["messageId"]}]
