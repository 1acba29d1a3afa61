"""What a line of the log holds, and what never gets into one."""

import json
import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chalicelib import aws, db, entrypoints, log, migrate, telemetry
from chalicelib.settings import Settings, settings
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.telemetry.conftest import Audit, lines

Said = pytest.CaptureFixture[str]
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl-_x"


@pytest.fixture(autouse=True)
def _nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_complaints", set())


@pytest.fixture
def handlers() -> Iterator[list[logging.Handler]]:
    """The handlers of the root logger, put back after the test."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield root.handlers
    root.handlers[:] = before


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("grace@example.org wrote", "<e-mail> wrote"),
        ('("Grace" <grace.hopper+x@mail.example.org>)', '("Grace" <<e-mail>>)'),
        (f"it was {JWT}", "it was <token>"),
        ("postgresql://ada:earl-grey@127.0.0.1:5432/tea", "postgresql://<secret>@127.0.0.1:5432/tea"),
        ("https://example.org/reset?x=Grace&y", "https://example.org/reset?<query>"),
        ("GET /v1/events?filter=Grace failed", "GET /v1/events?<query> failed"),
        ("token=abc, password: 'xyz'", "token=<secret>, password: <secret>"),
        ("Is it well? Yes. 3/4 of it?", "Is it well? Yes. 3/4 of it?"),
        ("/v1/events/{id}", "/v1/events/{id}"),
        ("a@b", "a@b"),
        (f"is-it={JWT}.and-more", "is-it=<token>.and-more"),
        ("what?a/b?c=Grace", "what?a/b?<query>"),
    ],
)
def test_what_looks_like_an_address_or_a_secret_is_masked(capsys: Said, said: str, shown: str) -> None:
    log.info(said, plain=said, inner={"list": [said]})
    (line,) = lines(capsys)
    assert (line["message"], line["plain"], line["inner"]) == (shown, shown, {"list": [shown]})


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "/",
        "?/",
        "eyJ-",
        "eyJ.",
        "a@",
        "@a-",
        "a.b@",
        "://",
        "token ",
        "token=",
        " ",
        "-",
        "\\'= ",
        "a:/",
    ],
)
def test_the_longest_text_is_masked_in_a_moment(capsys: Said, piece: str) -> None:
    """What takes time that grows with the square of the length would not end within hours here."""
    log.info(piece * (200_000 // len(piece)), short=piece * (90_000 // len(piece)))
    (line,) = lines(capsys)
    assert len(line["message"]) <= 20_005
    assert len(line["short"]) <= 20_005


def test_what_is_cut_from_a_long_text_shows_no_part_of_a_secret(capsys: Said) -> None:
    for before in (99_985, 99_992, 99_999):
        log.info("x" * (before - 1) + " grace@example.org is here")
    log.info("grace@example.org " * 9_000)
    assert "grace" not in json.dumps(lines(capsys))


def test_details_are_plain_values_and_of_other_things_the_kind(capsys: Said) -> None:
    key, now = uuid.uuid4(), datetime.now(UTC)
    log.info(
        "x", number=1, part=0.5, yes=True, none=None, key=key, now=now, rows=("a", 2),
        row=object(), problem=ValueError("Grace"), money=Decimal("98765.43"), content=b"Grace",
    )  # fmt: skip
    (line,) = lines(capsys)
    assert {name: line[name] for name in list(line)[3:]} == {
        "number": 1, "part": 0.5, "yes": True, "none": None, "key": str(key), "now": str(now), "rows": ["a", 2],
        "row": "<object>", "problem": "<ValueError>", "money": "<Decimal>", "content": "<bytes>",
    }  # fmt: skip


def test_an_exception_is_told_by_kind_code_and_stack(
    capsys: Said, database: TestDatabase, stand_in: Resources
) -> None:
    stored(make_user, email="grace@example.org")
    problems: list[Exception] = []
    nobody: dict[str, int] = {}
    for fails in (
        lambda: stored(make_user, email="grace@example.org"),
        lambda: aws.s3().get_object(Bucket=stand_in.bucket, Key="media/grace.png"),
        lambda: Path("/nowhere/grace.png").read_text(),
        lambda: nobody["grace"],
    ):
        with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is asserted below
            fails()
        problems.append(raised.value)
    assert "grace" in str(problems[0])
    for problem in problems:
        log.error("it failed", problem)
    said = lines(capsys)
    facts = [{name: item.get(name) for name in ("exception", "code", "constraint", "errno")} for item in said]
    assert facts == [
        {"exception": "DatabaseError", "code": "23505", "constraint": "uq_users_email", "errno": None},
        {"exception": "NoSuchKey", "code": "NoSuchKey", "constraint": None, "errno": None},
        {"exception": "FileNotFoundError", "code": None, "constraint": None, "errno": 2},
        {"exception": "KeyError", "code": None, "constraint": None, "errno": None},
    ]
    assert all("test_log.py" in item["stack"] for item in said)
    assert isinstance(problems[0], DBAPIError)


def test_the_reason_of_a_migration_that_failed_quotes_no_value(database: TestDatabase) -> None:
    with db.transaction() as session:
        for sql, why in (
            ("SELECT 'grace@example.org'::int", "a value is not as it should be (22P02)"),
            ("SELECT nothing_of_the_kind", 'column "nothing_of_the_kind" does not exist'),
        ):
            with pytest.raises(DBAPIError) as raised, session.begin_nested():
                session.execute(text(sql))
            assert migrate._one_line(raised.value.orig) == why


def test_what_libraries_log_comes_as_our_lines_without_what_they_fill_in(
    capsys: Said, audit: Audit, handlers: list[logging.Handler]
) -> None:
    log.adopt_libraries()
    log.adopt_libraries()
    library = logging.getLogger("a.library")
    with log.traced("the-request"):
        library.info("nobody needs %s", "this")
        library.warning("there is %s at %s", "Grace", "grace@example.org")
        words = "Grace"
        try:
            raise ValueError(words)
        except ValueError:
            library.exception("Caught exception for %s", "/v1/users/grace")
    said = lines(capsys)
    assert [(item["level"], item["message"], item["library"], item["trace"]) for item in said] == [
        ("WARNING", "there is %s at %s", "a.library", "the-request"),
        ("ERROR", "Caught exception for %s", "a.library", "the-request"),
    ]
    assert said[1]["exception"] == "ValueError"
    assert words not in json.dumps(said)
    assert audit.lines("logs") == said


def test_the_handler_of_lambda_gives_way_to_ours(handlers: list[logging.Handler]) -> None:
    theirs = type("LambdaLoggerHandler", (logging.StreamHandler,), {"__module__": "awslambdaric.bootstrap"})()
    another = logging.NullHandler()
    handlers += [theirs, another]
    log.adopt_libraries()
    assert theirs not in handlers
    assert another in handlers


@pytest.mark.parametrize("wake_up", ["sweep_outbox", "probe_health"])
def test_what_a_wake_up_fails_with_is_raised_without_its_words(
    wake_up: str, pump: Pump, capsys: Said, environment: pytest.MonkeyPatch
) -> None:
    # No statement works, and no check either: all that Lambda would write is what is raised.
    environment.setenv("DATABASE_URL", "postgresql://ada:earl-grey@127.0.0.1:not-a-port/tea")
    settings.cache_clear()
    db.forget()
    if wake_up == "sweep_outbox":
        with pytest.raises(entrypoints.RetryByAws) as raised:
            pump.tick(wake_up)
        assert str(raised.value) == "sweep_outbox failed with ValueError; the log has more"
        assert raised.value.__cause__ is None
    else:
        pump.tick(wake_up)
    assert "earl-grey" not in capsys.readouterr().err


def test_a_file_that_cannot_be_judged_is_raised_without_words(pump: Pump, capsys: Said) -> None:
    with pytest.raises(entrypoints.RetryByAws, match=r"^files failed with KeyError; the log has more$"):
        entrypoints.files({"detail": {"bucket": {"name": "grace"}}})
    (line,) = lines(capsys)
    assert (line["message"], line["name"], line["exception"]) == ("a wake-up failed", "files", "KeyError")


def test_an_event_that_is_no_request_is_a_500_without_words(client: Client, capsys: Said) -> None:
    from chalice.app import Request

    event: dict[str, Any] = {
        "headers": {}, "multiValueQueryStringParameters": None, "pathParameters": None, "stageVariables": None,
        "requestContext": {"resourcePath": "/v1/{grace}", "httpMethod": "GET", "identity": {}},
        "body": None, "isBase64Encoded": False, "path": "/v1/grace",
    }  # fmt: skip
    answer = entrypoints.http(Request(event))
    assert answer.status_code == 500
    assert "grace" not in answer.body
    assert "grace" not in capsys.readouterr().err


def test_a_request_that_fails_is_logged_by_its_pattern(
    client: Client, database: TestDatabase, capsys: Said
) -> None:
    user = stored(make_user, email="grace@example.org")
    database.run("ALTER TABLE users DROP COLUMN company")
    reply = client.signed_in_as(user).get(f"/v1/users/{user.id}?filter=Grace")
    assert reply.status in {400, 500}
    capsys.readouterr()
    assert client.signed_in_as(user).get(f"/v1/users/{user.id}").status == 500
    (line,) = [line for line in lines(capsys) if line["level"] == "ERROR"]
    assert (line["route"], line["method"], line["code"]) == ("/v1/users/{id}", "GET", "42703")


def test_the_audit_has_metrics_and_lines_as_they_were_sent(audit: Audit, capsys: Said) -> None:
    telemetry.metric("Boats", 3, harbour="north")
    log.warning("a boat is gone — ⛵", name="\ud800", path="/a")
    sent = capsys.readouterr()
    assert audit.lines("metrics") == [json.loads(sent.out)]
    ((line),) = audit.lines("logs")
    assert {**line, "name": "\ud800"} == json.loads(sent.err)
    assert "a boat is gone — ⛵" in audit.text
    assert audit.path.stat().st_mode & 0o777 == 0o600


def test_the_audit_goes_to_standard_error_if_wanted(environment: pytest.MonkeyPatch, capsys: Said) -> None:
    environment.setenv("TELEMETRY_AUDIT", "-")
    settings.cache_clear()
    log.info("a boat left")
    sent, told = lines(capsys)
    assert told == {"to": "logs", "told": sent}


def test_an_audit_that_cannot_be_written_is_said_once_and_breaks_nothing(
    environment: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    environment.setenv("TELEMETRY_AUDIT", str(tmp_path / "no" / "such" / "directory"))
    settings.cache_clear()
    for _ in range(2):
        log.info("a boat left")
    said = [(line["message"], line.get("errno")) for line in lines(capsys)]
    assert said == [
        ("a boat left", None),
        ("the telemetry audit cannot be written", 2),
        ("a boat left", None),
    ]


def test_a_line_below_the_level_goes_nowhere(
    environment: pytest.MonkeyPatch, audit: Audit, capsys: Said
) -> None:
    environment.setenv("LOG_LEVEL", "ERROR")
    settings.cache_clear()
    log.warning("a boat is late")
    assert (lines(capsys), audit.text) == ([], "")


def test_settings_that_are_logged_show_no_secret() -> None:
    assert "s3cret" not in f"{Settings(jwt_keys='s3cret')!r} {Settings(database_url='s3cret')}"
