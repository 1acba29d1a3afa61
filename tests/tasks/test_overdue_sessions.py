"""Sessions that nobody decided about are rejected when their event is over, and nobody is mailed."""

from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.resources.programme.session import overdue
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.pump import Pump


def test_pending_sessions_of_ended_events_are_rejected_once_a_day(
    pump: Pump, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overdue, "BATCH", 2)
    now = clock.now()
    over = stored(
        make_event,
        owner=stored(make_user),
        starts_at=now - timedelta(days=3),
        ends_at=now - timedelta(days=1),
    )
    late = [stored(make_session, event=over, state="pending") for _ in range(3)]
    stored(make_speaker, event=over, sessions=late)
    kept = [stored(make_session, event=over, state=state) for state in ("draft", "accepted", "withdrawn")]
    kept.append(stored(make_session, state="pending"))
    gone = stored(make_session, event=over, state="pending")
    database.run("UPDATE sessions SET deleted_at = now() WHERE id = :id", id=gone.id)
    for _ in range(2):
        pump.tick("sweep_outbox")
    pump.everything()
    states = {row["id"]: row["state"] for row in database.rows("SELECT id, state FROM sessions")}
    assert [states[item.id] for item in late] == ["rejected"] * 3
    assert [states[item.id] for item in (*kept, gone)] == [
        "draft",
        "accepted",
        "withdrawn",
        "pending",
        "pending",
    ]
    assert {mail["subject"] for mail in pump.mails()} == {f"{over.name} is over"}
    assert database.one("SELECT count(*) FROM outbox WHERE task = :task", task=overdue.TASK) == 2
