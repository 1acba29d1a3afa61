"""Processes die where it hurts most, and still nothing is lost or done twice."""

import subprocess
import sys

import pytest

from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.tasks.conftest import Effects, write_down


def test_a_queue_out_of_reach_does_not_undo_the_change_and_the_sweep_sends_it_later(
    database: TestDatabase,
    stand_in: Resources,
    environment: pytest.MonkeyPatch,
    noting: Effects,
    pump: Pump,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.setenv("TASKS_QUEUE_URL", "")
    settings.cache_clear()
    write_down("take_note", note="hello")
    assert database.one("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 1
    assert "messages wait in the outbox" in capsys.readouterr().err

    environment.setenv("TASKS_QUEUE_URL", stand_in.tasks_url)
    settings.cache_clear()
    pump.tick("sweep_outbox")
    pump.everything()

    assert noting.notes == ["hello"]


KILLED_AFTER_COMMIT = """
import os
from chalicelib import db, outbox
with db.transaction() as session:
    db.after_commit(session, lambda: os._exit(9))
    outbox.add(session, "take_note", {"note": "hello"})
"""


KILLED_AFTER_SENDING = """
import os
from chalicelib import db, outbox
send = outbox._send
def send_and_die(session, rows):
    send(session, rows)
    os._exit(9)
outbox._send = send_and_die
with db.transaction() as session:
    outbox.add(session, "take_note", {"note": "hello"})
"""


@pytest.mark.parametrize(
    ("program", "messages_before", "messages_after"),
    [(KILLED_AFTER_COMMIT, 0, 1), (KILLED_AFTER_SENDING, 1, 2)],
    ids=["between commit and sending", "between sending and stamping"],
)
def test_a_process_killed_in_between_loses_nothing_and_the_effect_is_there_once(
    program: str,
    messages_before: int,
    messages_after: int,
    environment: pytest.MonkeyPatch,
    noting: Effects,
    pump: Pump,
) -> None:
    environment.setenv("TRASH_DAYS", "0")  # the sweep plans no other task
    settings.cache_clear()
    pump.tick("sweep_outbox")  # the daily jobs are done
    pump.everything()
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == 9
    assert pump.waiting()["visible"] == messages_before

    pump.tick("sweep_outbox")
    assert pump.waiting()["visible"] == messages_after
    pump.everything()

    assert noting.notes == ["hello"]
    assert sum(pump.waiting().values()) == 0
