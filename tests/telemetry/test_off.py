"""What is off costs nothing: no import, no other way for statements, no other rows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib import db, driver, log, outbox, telemetry
from tests.factories import stored
from tests.factories.event import make_event
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.telemetry.conftest import Audit
from tests.telemetry.daemon import Daemon

ROOT = Path(__file__).resolve().parents[2]
_ASKING = """
import json, sys
import app
from chalicelib import aws, db, telemetry
from devstack import gateway

answer = app.app(gateway.event_from_http(app.app.routes, "GET", "/v1/events", []), gateway.LambdaContext())
with telemetry.span("test"), db.transaction() as session:
    db.fetch(session, "SELECT 1")
aws.sqs()
print(json.dumps([answer["statusCode"], sorted(sys.modules)]))
"""
COSTLY = {"aws_xray_sdk", "wrapt", "chalicelib.telemetry_xray", "chalicelib.telemetry_audit"}


@pytest.mark.parametrize(
    ("xray", "loaded"), [("false", set()), ("true", COSTLY - {"chalicelib.telemetry_audit"})]
)
def test_the_recorder_is_imported_only_when_it_is_on(client: Client, xray: str, loaded: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASKING],
        cwd=ROOT,
        env={**os.environ, "XRAY": xray},
        capture_output=True,
        text=True,
        check=True,
    )
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 200
    assert COSTLY & set(modules) == loaded


def test_statements_and_calls_go_their_usual_way_when_it_is_off(
    daemon: Daemon, client: Client, database: TestDatabase, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_XRAY_DAEMON_ADDRESS", daemon.address)
    with telemetry.span("test") as note, db.transaction() as session:
        note(size=3)
        db.fetch(session, "SELECT 1")
        assert type(session.info["driver"]) is driver.Connection
    with log.traced("the-request"), db.transaction() as session:
        assert telemetry.outgoing_trace() == "the-request"
        outbox.add(session, "none", {})
    assert database.one("SELECT trace FROM outbox") == "the-request"
    assert telemetry.span("one") is telemetry.span("other"), "nothing is made for it"
    assert client.get(f"/v1/events/{stored(make_event).id}").status == 200
    assert daemon.datagrams == []


def test_the_audit_writes_nothing_when_it_is_off(audit: Audit, environment: pytest.MonkeyPatch) -> None:
    from chalicelib.settings import settings

    environment.setenv("TELEMETRY_AUDIT", "")
    settings.cache_clear()
    telemetry.metric("Boats", 3)
    log.info("a boat left")
    assert audit.text == ""
