"""How a trace is carried on: from a request through the outbox to a task, and through the bucket to a file."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib import aws, db, log, outbox, telemetry
from chalicelib.tasks import TASKS, task
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.messages import dead_letters
from tests.telemetry.conftest import lines
from tests.telemetry.daemon import Daemon
from tests.uploads import samples
from tests.uploads.conftest import Organizer, put


@pytest.fixture
def failing() -> Iterator[Callable[[Callable[..., None]], None]]:
    """Declare a task "fail" for one test."""

    def declare(run: Callable[..., None]) -> None:
        task("fail", attempts=2, delays=(0,))(run)

    yield declare
    del TASKS["fail"]


@pytest.fixture
def organizer(xray: Daemon, client: Client) -> Organizer:
    """Somebody who may upload files for an event."""
    owner = stored(make_user)
    return Organizer(client.signed_in_as(owner), owner, stored(make_event, owner=owner))


def test_a_trace_goes_from_the_request_through_the_outbox_to_the_task(
    xray: Daemon, client: Client, database: TestDatabase, pump: Pump, capsys: pytest.CaptureFixture[str]
) -> None:
    attributes = {"email": "grace@example.org", "password": "correct horse battery"}
    reply = client.post("/v1/users", {"data": {"type": "user", "attributes": attributes}})
    assert reply.status == 201, reply.text
    (row,) = database.rows("SELECT key, trace FROM outbox")
    id, header = telemetry.split_trace(row["trace"])
    (request,) = xray.named("POST /v1/users")
    pump.everything()

    (sent,) = xray.named("send_verification_mail")
    assert header.startswith(f"Root={request['trace_id']};Parent={request['id']};")
    assert sent["trace_id"] != request["trace_id"]
    assert sent["annotations"] == {
        "key": row["key"],
        "delivery": 1,
        "caused_by": request["trace_id"],
        "log_trace": id,
    }
    assert request["annotations"]["log_trace"] == id
    (done,) = [line for line in lines(capsys) if line["message"] == "a task is done"]
    assert done["trace"] == id


def test_the_queue_is_told_of_the_trace_so_that_xray_can_link_both_sides(
    xray: Daemon, client: Client
) -> None:
    asked: list[Any] = []
    aws.sqs().meta.events.register(
        "provide-client-params.sqs.SendMessageBatch", lambda params, **_: asked.append(params["Entries"])
    )
    with telemetry.span("test"), db.transaction() as session:
        outbox.add(session, "fail", {})
    with db.transaction() as session:
        outbox.add(session, "fail", {})

    (cause,) = xray.named("test")
    (within,), (without,) = asked
    header = within["MessageSystemAttributes"]["AWSTraceHeader"]
    assert header["StringValue"] == f"Root={cause['trace_id']};Parent={cause['id']};Sampled=1"
    assert without["MessageSystemAttributes"] == {}


def test_a_trace_goes_from_the_request_to_the_file_and_on_to_its_task(
    xray: Daemon, organizer: Organizer, database: TestDatabase, pump: Pump
) -> None:
    xray.forget()
    organizer.upload(samples.image(), "event.original-image-url")
    (request,) = xray.named("POST /v1/uploads")
    pump.everything()

    (arrival,) = xray.named("arrival of a file")
    assert arrival["annotations"] == {"caused_by": request["trace_id"]}
    (drawn,) = xray.named("resize_image")
    assert drawn["annotations"]["caused_by"] == arrival["trace_id"]
    assert drawn["annotations"]["log_trace"] == request["annotations"]["log_trace"]
    calls = [item["aws"]["operation"] for item in xray.within(arrival) if item.get("namespace") == "aws"]
    assert calls == ["GetObject", "CopyObject", "SendMessageBatch", "DeleteObject"]


def test_a_file_nobody_asked_for_is_told_without_its_name(
    xray: Daemon, organizer: Organizer, pump: Pump
) -> None:
    xray.forget()
    put("incoming/cv-of-grace-hopper.pdf", b"%PDF")
    pump.everything()

    assert len(xray.named("arrival of a file")) == 1
    assert "grace" not in "".join(xray.datagrams)


def test_every_attempt_of_a_task_is_told_and_the_dead_letter_keeps_the_trace(
    xray: Daemon,
    client: Client,
    pump: Pump,
    failing: Callable[[Callable[..., None]], None],
) -> None:
    @failing
    def fail(session: Session) -> None:
        raise RuntimeError("grace@example.org does not like it")

    with log.traced("the-request"), telemetry.span("test") as note, db.transaction() as session:
        note(size=3)
        outbox.add(session, "fail", {})
    pump.everything()

    (cause,) = xray.named("test")
    assert cause["annotations"] == {"log_trace": "the-request", "size": 3}
    attempts = xray.named("fail")
    assert [part["annotations"]["delivery"] for part in attempts] == [1, 2]
    assert all(part["fault"] is True for part in attempts)
    assert {part["annotations"]["caused_by"] for part in attempts} == {cause["trace_id"]}
    assert "grace" not in "".join(xray.datagrams)
    ((body, _),) = dead_letters()
    assert telemetry.split_trace(json.loads(body)["trace"])[0] == "the-request"
    assert f"Root={cause['trace_id']};" in body


@pytest.mark.parametrize(
    ("kept", "id", "header"),
    [
        ("", "", ""),
        ("the-request", "the-request", ""),
        ("the request Root=1", "the request Root=1", ""),
        (f"r Root=1-{'a' * 8}-{'b' * 24};Parent={'c' * 16};Sampled=1", "r",
         f"Root=1-{'a' * 8}-{'b' * 24};Parent={'c' * 16};Sampled=1"),
        (f"r Root=1-{'a' * 8}-{'b' * 24};Parent={'c' * 16};Sampled=1;Self=grace",
         f"r Root=1-{'a' * 8}-{'b' * 24};Parent={'c' * 16};Sampled=1;Self=grace", ""),
    ],
)  # fmt: skip
def test_a_kept_trace_is_parted_only_where_it_is_one(kept: str, id: str, header: str) -> None:
    assert telemetry.split_trace(kept) == (id, header)
    assert telemetry.link(header) == ({"caused_by": f"1-{'a' * 8}-{'b' * 24}"} if header else {})
