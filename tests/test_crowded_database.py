"""More processes than the database has connections: who gets none is told so, and loses nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chalicelib import db, tasks
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.messages import received
from tests.tasks.test_mail_ledger import ask_for_test_mail


@contextmanager
def crowded(database: TestDatabase) -> Iterator[None]:
    """All connections that clients may have to this database are taken, for the block."""
    name = database.url.rpartition("/")[2]
    db.forget()
    database.run(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
    try:
        yield
    finally:
        database.run(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')


def test_a_request_is_told_to_come_back(
    client: Client, database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, state="published")
    signed_in = client.signed_in_as(owner)
    sent = document("event", {"name": "Later"}, event.id)
    with crowded(database):
        for reply in (
            client.get(f"/v1/events/{event.id}"),
            signed_in.get(f"/v1/events/{event.id}"),
            signed_in.patch(f"/v1/events/{event.id}", sent),
            signed_in.with_headers({"Idempotency-Key": "a"}).patch(f"/v1/events/{event.id}", sent),
            signed_in.delete(f"/v1/events/{event.id}"),
            client.post(
                "/v1/auth/login",
                {"email": "a@example.org", "password": "x" * 9},
                content_type="application/json",
            ),
            client.get("/v1/events?sort=name&include=tickets"),
        ):
            assert (reply.status, reply.headers["retry-after"]) == (503, "1"), reply.text
            assert reply.errors[0]["detail"] == "The database is busy; try again."
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["code"] for line in lines if line["level"] == "ERROR"} == {"53300"}
    assert signed_in.patch(f"/v1/events/{event.id}", sent).data["attributes"]["name"] == "Later"


def test_with_rate_limits_too(client: Client, database: TestDatabase, limits_on: None) -> None:
    sent = {"email": "a@example.org", "password": "x" * 9}
    with crowded(database):
        reply = client.post("/v1/auth/login", sent, content_type="application/json")
    assert (reply.status, reply.headers["retry-after"]) == (503, "1"), reply.text


def test_a_task_waits_for_a_connection_however_often_and_has_not_failed(
    database: TestDatabase, pump: Pump, stand_in: Resources
) -> None:
    ask_for_test_mail()
    event = received(stand_in)
    with crowded(database):
        for _ in range(7):  # more often than a task is attempted
            assert len(tasks.run(event)["batchItemFailures"]) == 1
    assert database.rows("SELECT attempts, failed_at FROM outbox") == [{"attempts": 0, "failed_at": None}]
    assert pump.waiting()["dead"] == 0
    assert tasks.run(event)["batchItemFailures"] == []
    assert len(pump.mails()) == 1


def test_the_health_check_says_so(client: Client, database: TestDatabase) -> None:
    with crowded(database):
        reply = client.get("/health-check")
    assert reply.status == 500
    (told,) = [check for check in reply.json["results"] if check["checker"] == "database"]
    assert not told["passed"]
