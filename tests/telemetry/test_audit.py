"""The telemetry audit: people's journeys leave nothing of theirs in traces, metrics or logs."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from chalicelib import health, log, telemetry
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.telemetry.conftest import Audit
from tests.telemetry.daemon import Daemon
from tests.telemetry.failures import Failures
from tests.telemetry.journeys import Journeys
from tests.telemetry.leaks import Planted

SECRET = "Zebedee Quillfeather, 17 Whistlebrook Crescent"


@pytest.fixture
def told(xray: Daemon, audit: Audit, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """All that was told so far: the audit's file, what the daemon was sent, what the process has written."""
    earlier: list[str] = []

    def everything() -> str:
        captured = capfd.readouterr()
        earlier.extend((captured.out, captured.err))
        return "\n".join([audit.text, *xray.datagrams, *earlier])

    return everything


def test_nobodys_data_is_in_what_leaves(
    told: Callable[[], str],
    xray: Daemon,
    audit: Audit,
    client: Client,
    pump: Pump,
    database: TestDatabase,
    environment: pytest.MonkeyPatch,
) -> None:
    health.forget()
    log.adopt_libraries()
    planted = Planted()
    story = (client, pump, database, planted, environment)
    Failures(*story).all(*Journeys(*story).all())
    said = told()
    health.forget()

    assert planted.found_in(said) == []
    # And that is not because nothing was told.
    assert len(planted.values) > 60
    assert audit.lines("xray") == xray.documents
    assert {"POST /v1/users", "send_verification_mail", "arrival of a file", "resize_image", "S3", "SQS", "SES",
            "PostgreSQL", "audit_double", "probe_health"} <= {part["name"] for part in xray.parts}  # fmt: skip
    healthy = [line for line in audit.lines("metrics") if "Healthy" in line]
    assert len(healthy) == 2 * len(health.CHECKS)
    messages = {line["message"] for line in audit.lines("logs")}
    assert {"a task failed", "a message became a dead letter", "request failed", "an upload was refused",
            "an object nobody asked for was removed", "a mail was sent", "a health check could not look",
            "cannot reach %s"} <= messages  # fmt: skip
    lines = [json.loads(line) for line in said.splitlines() if line.startswith('{"time"')]
    assert lines == audit.lines("logs")


@pytest.mark.parametrize(
    "tell",
    [
        lambda: log.info("somebody came", name=SECRET),
        lambda: log.info(f"{SECRET} came"),
        lambda: log.info("somebody came", people=[{"name": SECRET.upper()}]),
        lambda: log.info("somebody came", document=json.dumps({"name": SECRET})),
        lambda: log.info("somebody came", address=f"/v1/users/{quote(SECRET)}"),
        lambda: log.info("somebody came", body=base64.b64encode(f"it was {SECRET}!".encode()).decode()),
        lambda: telemetry.metric("Visitors", 1, who=SECRET),
        lambda: _noted(),
        lambda: print(SECRET),
    ],
    ids=["detail", "message", "inner", "JSON in JSON", "address", "base64", "metric", "annotation", "print"],
)
def test_what_is_told_on_purpose_is_found(
    told: Callable[[], str], client: Client, tell: Callable[[], object]
) -> None:
    planted = Planted()
    planted.plant("somebody", SECRET)
    assert planted.found_in(told()) == []
    tell()
    assert planted.found_in(told()) == ["somebody (0)"]


def test_a_part_of_a_token_is_found(told: Callable[[], str], client: Client) -> None:
    planted = Planted()
    token = planted.plant_token("token", client.signed_in_as(7).token or "")
    for part in token.split(".")[1:]:
        assert planted.found_in(told()) == []
        log.info("somebody came", part=part)
        assert len(planted.found_in(told())) == 1
        planted.values = {what: value for what, value in planted.values.items() if value != part}


def _noted() -> None:
    with telemetry.span("visit", who=SECRET):
        pass
