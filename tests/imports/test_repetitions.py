"""An import takes effect once: delivered twice, ended on the way, or beside another one of the same file."""

import json
import threading
from typing import Any

import pytest

from chalicelib import tasks
from devstack import database as maintenance
from devstack import pump as delivering
from devstack.aws_stand_in import Resources
from tests.imports.conftest import Place
from tests.imports.test_schedules import PRETALX
from tests.support.running_system import eventually
from tests.tasks.messages import received

pytestmark = pytest.mark.one_database
_WAITING = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
_TALKS = "SELECT count(*) FROM sessions WHERE event_id = :event"
FILE = json.dumps(PRETALX)


def _started(place: Place) -> str:
    reply = place.send("schedule", "p.json", FILE, create_missing="true")
    return str(reply.json["task_url"])


def _split(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Records": [record]} for record in event["Records"]]


def test_a_repeated_message_does_nothing_twice(place: Place, stand_in: Resources) -> None:
    task = _started(place)
    event = received(stand_in)
    for _ in range(2):
        assert tasks.run(event) == {"batchItemFailures": []}
    place.pump.everything()
    assert place.database.one(_TALKS, event=place.event.id) == 1
    assert place.asking.get(task).json["result"]["counts"]["session"]["made"] == 1


def test_two_imports_at_once_make_it_once(place: Place, stand_in: Resources) -> None:
    addresses = [_started(place), _started(place)]
    events = _split(received(stand_in))
    assert len(events) == 2
    answers: list[Any] = []
    running = [threading.Thread(target=lambda item=item: answers.append(tasks.run(item))) for item in events]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert answers == [{"batchItemFailures": []}] * 2
    place.pump.everything()
    assert place.database.one(_TALKS, event=place.event.id) == 1
    counts = [place.asking.get(task).json["result"]["counts"]["session"] for task in addresses]
    assert sorted((of["made"], of["unchanged"]) for of in counts) == [(0, 1), (1, 0)]


def test_an_import_waits_for_another_one_of_the_same_event_alone(place: Place, stand_in: Resources) -> None:
    _started(place)
    event = received(stand_in)
    answers: list[Any] = []
    with maintenance.connected(place.database.url) as other:
        other.run("START TRANSACTION")
        other.run(f"SELECT pg_advisory_xact_lock(hashtextextended('import of {place.event.id}', 0))")
        other_event = Place(place.client, place.pump, place.database)
        assert other_event.imported("speakers", "a.csv", "Name\nA\n") == {"speaker": {"made": 1}}
        running = threading.Thread(target=lambda: answers.append(tasks.run(event)))
        running.start()
        eventually(lambda: place.database.rows(_WAITING) or answers, "the wait for the other import")
        assert not answers
        other.run("COMMIT")
        running.join()
    assert answers == [{"batchItemFailures": []}]


def test_one_that_was_ended_on_the_way_is_done_by_the_next_delivery(
    place: Place, stand_in: Resources
) -> None:
    task = _started(place)
    event = received(stand_in)
    with maintenance.connected(place.database.url) as other:
        other.run("START TRANSACTION")
        other.run(f"SELECT id FROM events WHERE id = {place.event.id} FOR UPDATE")
        answers: list[Any] = []
        running = threading.Thread(target=lambda: answers.append(tasks.run(event)))
        running.start()
        eventually(lambda: place.database.rows(_WAITING) or answers, "the wait for the event's row")
        assert not answers
        for row in place.database.rows(_WAITING):
            place.database.run("SELECT pg_terminate_backend(:pid)", pid=row["pid"])
        running.join()
        other.run("ROLLBACK")
    assert len(answers[0]["batchItemFailures"]) == 1
    assert (
        place.database.one("SELECT count(*) FROM microlocations WHERE event_id = :id", id=place.event.id) == 0
    )
    assert place.asking.get(task).json == {"state": "WAITING"}
    assert tasks.run(event) == {"batchItemFailures": []}
    delivering.deliver_everything(place.pump.app, place.pump.resources)
    assert place.asking.get(task).json["result"]["counts"]["session"]["made"] == 1
    assert place.database.one(_TALKS, event=place.event.id) == 1
