"""What happened is written down with the change itself and reaches the queue, whatever dies in between."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Executable
from sqlalchemy.orm import Session

from chalicelib import aws, clock, db, log, outbox, outbox_progress
from chalicelib.settings import settings
from devstack import database as maintenance
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.tasks.conftest import Effects, write_down
from tests.tasks.messages import queued


def test_a_message_is_sent_and_stamped_once_its_transaction_is_committed(
    database: TestDatabase, stand_in: Resources
) -> None:
    with log.traced("the-request"), db.transaction() as session:
        outbox.add(session, "take_note", {"note": "hello"})

    (body,) = queued()
    row = database.rows("SELECT key, trace, sent_at, done_at FROM outbox")[0]
    assert body == {
        "format": 1,
        "id": row["key"],
        "task": "take_note",
        "arguments": {"note": "hello"},
        "trace": "the-request",
    }
    assert row["trace"] == "the-request"
    assert row["sent_at"] is not None
    assert row["done_at"] is None


def test_nothing_is_sent_before_the_commit(database: TestDatabase, stand_in: Resources, pump: Pump) -> None:
    with db.transaction() as session:
        outbox.add(session, "take_note", {"note": "hello"})
        session.flush()

        assert pump.waiting()["visible"] == 0
        assert database.rows("SELECT * FROM outbox") == []

    assert pump.waiting()["visible"] == 1


def test_nothing_is_sent_or_kept_when_the_transaction_is_rolled_back(
    database: TestDatabase, stand_in: Resources, pump: Pump
) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction() as session:  # noqa: PT012 - it must be undone
        outbox.add(session, "take_note", {"note": "hello"})
        _ = 1 / 0

    assert outbox.relay() == 0
    assert pump.waiting()["visible"] == 0


class Choosy:
    """A queue that refuses the messages with a certain text, as SQS does for one of a batch.

    A text of the letters a to f would be found in some of the messages' keys, which are hexadecimal.
    """

    def __init__(self, real: Any, refused: str) -> None:
        self._real, self._refused = real, refused

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:
        bad = [entry for entry in Entries if self._refused in entry["MessageBody"]]
        good = [entry for entry in Entries if entry not in bad]
        answer = self._real.send_message_batch(QueueUrl=QueueUrl, Entries=good) if good else {}
        return {**answer, "Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in bad]}


def test_what_the_queue_refuses_of_a_batch_stays_unsent_and_does_not_hold_up_the_rest(
    database: TestDatabase, stand_in: Resources, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = aws.sqs()
    with monkeypatch.context() as patch:
        patch.setattr(aws, "sqs", lambda: Choosy(real, "wrong"))
        with db.transaction() as session:
            for number in range(15):
                outbox.add(session, "take_note", {"note": "wrong" if number < 12 else "good"})

    notes = database.rows("SELECT arguments->>'note' AS note, sent_at IS NULL AS waits FROM outbox")
    assert {(row["note"], row["waits"]) for row in notes} == {("wrong", True), ("good", False)}

    assert outbox.relay() == 12
    assert pump.waiting()["visible"] == 15


def test_more_messages_than_fit_into_a_batch_are_all_sent(
    database: TestDatabase, stand_in: Resources, pump: Pump
) -> None:
    with db.transaction() as session:
        for number in range(23):
            outbox.add(session, "take_note", {"note": str(number)})

    assert pump.waiting()["visible"] == 23
    assert outbox.relay() == 0


def test_two_relays_at_once_never_send_the_same_row(
    database: TestDatabase, stand_in: Resources, environment: pytest.MonkeyPatch, pump: Pump
) -> None:
    environment.setenv("TASKS_QUEUE_URL", "")
    settings.cache_clear()
    write_down("take_note", note="held by another relay")
    write_down("take_note", note="free")
    environment.setenv("TASKS_QUEUE_URL", stand_in.tasks_url)
    settings.cache_clear()

    with maintenance.connected(database.url) as other:
        other.run("START TRANSACTION")
        other.run("SELECT id FROM outbox ORDER BY id LIMIT 1 FOR UPDATE")
        assert outbox.relay() == 1
        assert [body["arguments"]["note"] for body in queued()] == ["free"]
        other.run("ROLLBACK")

    assert outbox.relay() == 1


def test_messages_that_share_a_key_are_one(database: TestDatabase, noting: Effects, pump: Pump) -> None:
    write_down("take_note", key="the-only-one", note="first")
    write_down("take_note", key="the-only-one", note="second")
    pump.everything()

    assert noting.notes == ["first"]


def test_a_delayed_message_waits_in_the_queue(database: TestDatabase, pump: Pump) -> None:
    write_down("take_note", delay=60, note="later")

    assert pump.waiting() == {"visible": 0, "in_flight": 0, "delayed": 1, "dead": 0}


def test_a_delay_longer_than_the_queue_allows_waits_in_the_outbox(database: TestDatabase, pump: Pump) -> None:
    write_down("take_note", delay=3600, note="much later")
    assert sum(pump.waiting().values()) == 0
    with db.transaction() as session:
        assert outbox_progress.progress(session).unsent == 0

    with clock.shifted(timedelta(hours=1)):
        assert outbox.relay() == 1
    assert pump.waiting()["visible"] == 1


def test_it_is_known_how_far_the_outbox_and_the_tasks_are_behind(
    database: TestDatabase, stand_in: Resources, environment: pytest.MonkeyPatch, noting: Effects, pump: Pump
) -> None:
    def progress() -> tuple[int, int, int, int]:
        with clock.shifted(timedelta(minutes=7)), db.transaction() as session:
            found = outbox_progress.progress(session)
        return (
            found.unsent,
            round(found.oldest_unsent / 60),
            found.underway,
            round(found.oldest_underway / 60),
        )

    assert progress() == (0, 0, 0, 0)
    environment.setenv("TASKS_QUEUE_URL", "")
    settings.cache_clear()
    write_down("take_note", note="hello")
    assert progress() == (1, 7, 0, 0)

    environment.setenv("TASKS_QUEUE_URL", stand_in.tasks_url)
    settings.cache_clear()
    outbox.relay()
    assert progress() == (0, 0, 1, 7)
    pump.everything()
    assert progress() == (0, 0, 0, 0)


def test_what_was_done_long_ago_is_forgotten_and_what_still_waits_is_not(
    database: TestDatabase, noting: Effects, pump: Pump
) -> None:
    write_down("take_note", note="done")
    pump.everything()
    write_down("take_note", note="under way")

    with clock.shifted(timedelta(days=31)):
        outbox.sweep()

    assert database.rows("SELECT arguments->>'note' AS note FROM outbox") == [{"note": "under way"}]
    assert database.rows("SELECT * FROM tasks_done") == []


def test_what_has_piled_up_goes_in_batches_and_what_somebody_holds_goes_later(database: TestDatabase) -> None:
    database.run(
        "INSERT INTO tasks_done (key, task, done_at) SELECT n::text, 'take_note', "
        "now() - interval '40 days' + n * interval '1 minute' FROM generate_series(1, 12000) n"
    )
    database.run("INSERT INTO tasks_done (key, task, done_at) VALUES ('young', 'take_note', now())")
    with maintenance.connected(database.url) as holder:
        holder.run("BEGIN")
        holder.run("SELECT FROM tasks_done WHERE key = '7' FOR UPDATE")
        outbox.forget_old()
        left = "SELECT key FROM tasks_done ORDER BY done_at"
        assert database.rows(left) == [{"key": "7"}, {"key": "young"}]
        holder.run("COMMIT")
    outbox.forget_old()
    assert database.rows(left) == [{"key": "young"}]


def test_a_purge_that_is_stopped_has_lost_one_batch(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.run(
        "INSERT INTO tasks_done (key, task, done_at) SELECT n::text, 'take_note', "
        "now() - interval '40 days' + n * interval '1 minute' FROM generate_series(1, 12000) n"
    )
    counted, number = db.execute_counted, 0

    def stopped(session: Session, statement: Executable) -> int:
        nonlocal number
        number += 1
        rows = counted(session, statement)
        if number == 2:
            raise KeyboardInterrupt
        return rows

    monkeypatch.setattr(db, "execute_counted", stopped)
    with pytest.raises(KeyboardInterrupt):
        outbox.forget_old()
    assert database.one("SELECT count(*) FROM tasks_done") == 7_000
    outbox.forget_old()
    assert database.one("SELECT count(*) FROM tasks_done") == 0
