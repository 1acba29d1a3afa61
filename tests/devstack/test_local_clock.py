"""The clock at /local/clock: it goes ahead, never back, and who follows it has its time."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock, db
from devstack import local_clock
from tests.support.databases import TestDatabase

pytestmark = pytest.mark.one_database


@pytest.fixture
def file(tmp_path: Path, database: TestDatabase, environment: pytest.MonkeyPatch) -> Path:
    local_clock.override(database.url, database.requests_url)
    environment.setenv(local_clock.FILE, str(tmp_path / "clock"))
    return tmp_path / "clock"


def post(sent: object) -> tuple[int, Any]:
    reply = local_clock.answer("POST", sent if isinstance(sent, bytes) else json.dumps(sent).encode())
    return reply.status, json.loads(reply.body)


def test_it_goes_ahead_and_whoever_follows_has_its_time(file: Path) -> None:
    later = datetime.now(UTC) + timedelta(days=64)
    assert local_clock.ahead() == timedelta(0)
    status, told = post({"now": later.isoformat()})
    assert status == 200
    assert datetime.fromisoformat(told["now"]) >= later
    with local_clock.followed():
        assert timedelta(0) <= clock.now() - later < timedelta(minutes=5)
        with db.transaction() as session:
            ((of_database,),) = db.fetch(session, "SELECT now()", [])
        assert abs(of_database - clock.now()) < timedelta(minutes=5)
    assert clock.now() < later
    assert datetime.fromisoformat(json.loads(local_clock.answer("GET", b"").body)["now"]) >= later
    assert post({"now": (later - timedelta(days=1)).isoformat()})[0] == 409
    assert local_clock.ahead() > timedelta(days=63)


def test_what_is_not_understood_is_refused(file: Path, environment: pytest.MonkeyPatch) -> None:
    for sent in (b"", b"[]", {}, {"now": 5}, {"now": "soon"}, {"now": "2099-05-02T09:00:00"}):
        status, told = post(sent)
        assert (status, "a moment with its zone" in told["error"]) == (422, True)
    assert post({"now": "9999-05-02T09:00:00Z"})[0] == 409
    assert local_clock.answer("DELETE", b"").status == 405
    environment.delenv(local_clock.FILE)
    status, told = post({"now": (datetime.now(UTC) + timedelta(days=1)).isoformat()})
    assert (status, told["error"]) == (409, "LOCAL_CLOCK names no file")
    assert not file.exists()


def test_who_waits_for_an_hour_is_woken_once_it_has_passed(file: Path) -> None:
    began = time.monotonic()
    assert post({"now": (datetime.now(UTC) + timedelta(hours=1, minutes=1)).isoformat()})[0] == 200
    local_clock.wait(3600, began, timedelta(0))
    assert local_clock.ahead() > timedelta(hours=1)
