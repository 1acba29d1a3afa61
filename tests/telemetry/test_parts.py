"""What X-Ray learns of requests, statements, calls of AWS and clocks."""

import re

import pytest
from sqlalchemy.exc import DBAPIError

from chalicelib import aws, db, telemetry
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.telemetry_xray import without_values
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.telemetry.conftest import lines
from tests.telemetry.daemon import Daemon


def test_a_request_is_told_by_its_pattern_and_status(xray: Daemon, client: Client) -> None:
    event = stored(make_event)
    client.get(f"/v1/events/{event.id}?include=secret")
    client.get("/v1/events/987654321")

    parts = xray.named("GET /v1/events/:id")
    assert [part["http"]["response"]["status"] for part in parts] == [400, 404]
    for part in parts:
        assert part["http"]["request"] == {"method": "GET", "url": "/v1/events/{id}"}
        assert part["annotations"]["route"] == "/v1/events/{id}"
        assert part["error"] is True
        assert "fault" not in part
    assert "987654321" not in "".join(xray.datagrams)
    assert len({part["trace_id"] for part in parts}) == 2


@pytest.mark.parametrize(
    ("method", "path", "pattern"),
    [
        ("GET", "/", "/"),
        ("GET", "/health-check", "/health-check"),
        ("GET", "/v1/events", "/v1/events"),
        ("HEAD", "/v1/events/7", "/v1/events/{id}"),
        ("GET", "/v1/events/7/sessions", "/v1/events/{id}/sessions"),
        ("GET", "/v1/events/7/relationships/sessions", "/v1/events/{id}/relationships/sessions"),
        ("GET", "/v1/events/7/access-codes/friends", "/v1/events/{event}/access-codes/{code}"),
        ("POST", "/v1/events/7/access-codes/friends", "/v1/events/{event}/access-codes/{code}"),
        ("GET", "/v1/events/7/grace@example.org", "/v1/events/{unknown}"),
        ("GET", "/v1/events/7/relationships/grace@example.org", "/v1/events/{unknown}"),
        ("GET", "/v1/events/7/relationships/sessions/grace", "/v1/events/{unknown}"),
        ("GET", "/v1/grace@example.org", "/{unknown}"),
        ("GET", "/grace@example.org", "/{unknown}"),
        ("GET", "/auth/grace@example.org", "/{unknown}"),
    ],
)
def test_a_pattern_has_nothing_of_what_was_asked_for(
    xray: Daemon, client: Client, method: str, path: str, pattern: str
) -> None:
    client.request(method, path)

    (told,) = [part for part in xray.parts if part.get("annotations", {}).get("route")]
    assert told["annotations"]["route"] == pattern
    assert told["name"] == f"{method} {re.sub('[{](.*?)[}]', r':' + chr(92) + '1', pattern)}"


def test_every_statement_is_told_without_its_values(
    xray: Daemon, client: Client, database: TestDatabase
) -> None:
    stored(make_user)  # the first statement finds out about the server
    with telemetry.span("test"), db.transaction() as session:
        db.fetch(session, "SELECT $1::text  -- with 'words'\n, 'literal'", ["grace@example.org"])
        session.add(User(email="ada@example.org"))
    parts = [part for part in xray.parts if part["name"] == "PostgreSQL"]
    texts = [part["sql"]["sanitized_query"] for part in parts]
    assert texts[:2] == ["begin transaction", "SELECT $1::text , '?'"]
    assert texts[2].startswith("INSERT INTO users (")
    assert "$1" in texts[2]
    assert texts[-1] == "commit"
    assert all(part["namespace"] == "remote" for part in parts)
    assert all(part["end_time"] >= part["start_time"] for part in parts)
    assert "example.org" not in "".join(xray.datagrams)
    (around,) = xray.named("test")
    assert {part["parent_id"] for part in parts} == {around["id"]}


def test_a_statement_that_fails_has_the_code_and_not_the_words(
    xray: Daemon, client: Client, database: TestDatabase
) -> None:
    stored(make_user, email="grace@example.org")
    with pytest.raises(DBAPIError), telemetry.span("test"):
        stored(make_user, email="grace@example.org")
    failed = [part for part in xray.named("PostgreSQL") if "annotations" in part]
    assert [(part["annotations"], part["error"]) for part in failed] == [({"error_code": "23505"}, True)]
    (around,) = xray.named("test")
    assert around["fault"] is True
    (exception,) = around["cause"]["exceptions"]
    assert exception["type"] == "DatabaseError"
    assert "message" not in exception
    assert exception["stack"]
    assert "example.org" not in "".join(xray.datagrams)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT  $1,\n $2", "SELECT $1, $2"),
        ("SELECT 'it''s', 1", "SELECT '?', 1"),
        (r"SELECT E'it\'s Grace', 'x'", "SELECT '?', '?'"),
        ("SELECT $$Grace$$, $a$it's $$ Grace$a$, $1", "SELECT '?', '?', $1"),
        ('SELECT "it\'s", "a ""b"" c"', 'SELECT "it\'s", "a ""b"" c"'),
        ("SELECT 1 -- Grace's\n, 2 /* Grace's */ , 'x'", "SELECT 1 , 2 , '?'"),
        ("SELECT 'Grace", "SELECT '?'"),
        ("SELECT $$Grace", "SELECT '?'"),
        ("SELECT 'C:\\', 'Grace'", "SELECT '?', '?'"),
        (
            "SELECT " + "a, " * 1000 + "b FROM c",
            "SELECT " + "a, " * 264 + "a ... " + "a, " * 63 + " b FROM c"[1:],
        ),
    ],
)
def test_what_stands_in_quotes_is_never_told(sql: str, told: str) -> None:
    shown = without_values(sql)
    if len(sql) < 1_000:
        assert shown == told
    assert "Grace" not in shown
    assert len(shown) <= 1_010


def test_calls_of_aws_are_told_without_what_they_carry(
    xray: Daemon, client: Client, stand_in: Resources
) -> None:
    with telemetry.span("test"):
        aws.s3().put_object(Bucket=stand_in.bucket, Key="incoming/grace.png", Body=b"Grace Hopper")
        aws.sqs().send_message(QueueUrl=stand_in.tasks_url, MessageBody="grace@example.org")
        with pytest.raises(aws.s3().exceptions.NoSuchKey):
            aws.s3().get_object(Bucket=stand_in.bucket, Key="media/grace.png")
        aws.s3().generate_presigned_post(Bucket=stand_in.bucket, Key="incoming/unsent")
    parts = [part for part in xray.parts if part.get("namespace") == "aws"]
    assert [(part["name"], part["aws"]["operation"]) for part in parts] == [
        ("S3", "PutObject"),
        ("SQS", "SendMessage"),
        ("S3", "GetObject"),
    ]
    assert [part.get("annotations") for part in parts] == [
        {"prefix": "incoming/"},
        None,
        {"prefix": "media/", "error_code": "NoSuchKey"},
    ]
    assert [part["http"]["response"]["status"] for part in parts] == [200, 200, 404]
    assert parts[0]["aws"]["region"] == settings().aws_region
    assert "grace" not in "".join(xray.datagrams).lower()
    assert stand_in.bucket not in "".join(xray.datagrams)


def test_a_call_that_finds_nobody_is_told(
    xray: Daemon, client: Client, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    aws.forget()
    with telemetry.span("test"), pytest.raises(Exception, match="Could not connect"):
        aws.sqs().send_message(QueueUrl="http://127.0.0.1:9/q", MessageBody="hello")
    (part,) = xray.named("SQS")
    assert part["annotations"] == {"error_code": "EndpointConnectionError"}
    assert part["fault"] is True


def test_clocks_are_told(xray: Daemon, client: Client, pump: Pump) -> None:
    for clock in ("sweep_outbox", "probe_health"):
        pump.tick(clock)
        assert len(xray.named(clock)) == 1
        assert xray.within(xray.named(clock)[0])


def test_what_happens_outside_of_any_wake_up_is_told_to_nobody(
    xray: Daemon, client: Client, database: TestDatabase
) -> None:
    stored(make_user)
    aws.sqs().list_queues()
    assert xray.datagrams == []
    assert telemetry.outgoing_trace() == ""


def test_a_daemon_that_takes_nothing_is_logged_once_and_breaks_nothing(
    xray: Daemon, client: Client, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:0")
    telemetry.forget()
    for _ in range(3):
        assert client.get("/v1/events").status == 200
    said = [line for line in lines(capsys) if line["level"] == "ERROR"]
    assert [line["message"] for line in said] == ["something could not be told to X-Ray"]
    assert said[0]["exception"] == "OSError"


def test_a_daemon_address_that_is_none_turns_tracing_off_and_is_logged_once(
    xray: Daemon, client: Client, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "nowhere")
    telemetry.forget()
    for _ in range(3):
        assert client.get("/v1/events").status == 200
    said = [line for line in lines(capsys) if line["level"] == "ERROR"]
    assert [line["message"] for line in said] == ["there is no tracing: X-Ray's recorder cannot be made"]
