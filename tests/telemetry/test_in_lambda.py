"""In Lambda the runtime has made the segment: our parts are sent as children of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import settings
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.telemetry.daemon import Daemon

ROOT = Path(__file__).resolve().parents[2]
TRACE, SEGMENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
_TWO_WAKE_UPS = """
import json, os, sys
import app
from devstack import gateway, pump
from devstack.aws_stand_in import Resources

def woken(header):
    os.environ["_X_AMZN_TRACE_ID"] = header

first, second, resources = json.loads(sys.argv[1])
person = {"data": {"type": "user", "attributes": {"email": "grace@example.org", "password": "correct horse"}}}
headers = [(name, "application/vnd.api+json") for name in ("Accept", "Content-Type")]
woken(first)
event = gateway.event_from_http(app.app.routes, "POST", "/v1/users", headers, json.dumps(person).encode())
assert app.app(event, gateway.LambdaContext())["statusCode"] == 201
woken(second)
assert pump.deliver_tasks(app, Resources(*resources)) == 1
"""


def wake(xray: Daemon, stand_in: Any, first: str, second: str) -> str:
    """A request under one header and its task under another, in one process; what that process said."""
    resources = [stand_in.endpoint, stand_in.bucket, stand_in.tasks_url, stand_in.dead_letters_url, ""]
    done = subprocess.run(
        [sys.executable, "-c", _TWO_WAKE_UPS, json.dumps([first, second, resources])],
        cwd=ROOT,
        env={**os.environ, "LAMBDA_TASK_ROOT": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_parts_belong_to_the_segments_of_the_runtime(
    xray: Daemon, client: Client, stand_in: Any, database: TestDatabase
) -> None:
    other = TRACE.replace("5759e988", "5759e989")
    said = wake(
        xray, stand_in, f"Root={TRACE};Parent={SEGMENT};Sampled=1", f"Root={other};Parent={SEGMENT};Sampled=1"
    )
    (request,) = xray.named("POST /v1/users")
    assert (request["trace_id"], request["parent_id"]) == (TRACE, SEGMENT)
    (batch,) = xray.named("tasks")
    assert (batch["trace_id"], batch["parent_id"]) == (other, SEGMENT)
    (task,) = xray.named("send_verification_mail")
    assert task["parent_id"] == batch["id"]
    assert task["annotations"]["caused_by"] == TRACE
    assert {part["type"] for part in xray.documents} == {"subsegment"}
    assert database.one("SELECT done_at IS NOT NULL FROM outbox") is True
    assert [json.loads(line)["level"] for line in said.splitlines()] == ["INFO", "INFO"]


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (f"Root={TRACE};Parent={SEGMENT};Sampled=0", f"Root={TRACE};Parent={SEGMENT};Sampled=0"),
        (
            f"Root={TRACE};Parent={SEGMENT};Sampled=0;Lineage=grace@example.org",
            f"Root={TRACE};Parent={SEGMENT};Sampled=0",
        ),
        (f"Root={TRACE}", ""),
        ("Root=grace@example.org;Parent=x;Sampled=0", ""),
        ("", ""),
    ],
)
def test_what_is_not_sampled_is_told_to_nobody_and_does_its_work(
    xray: Daemon, client: Client, stand_in: Any, database: TestDatabase, header: str, kept: str
) -> None:
    assert settings().xray
    wake(xray, stand_in, header, header)
    assert xray.datagrams == []
    (row,) = database.rows("SELECT trace, done_at IS NOT NULL AS done FROM outbox")
    assert row["done"] is True
    assert row["trace"].partition(" ")[2] == kept
