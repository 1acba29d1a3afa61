"""An import that fails half-way spoils no later request: the process ends, and a new one answers."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chalicelib.auth import tokens
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.packages import packaged

_CLOCK: Any = dict.fromkeys(("version", "account", "region", "source", "detail-type", "id"), "")
_EVENTS: Any = {
    "tasks": {"Records": []},
    "probe_health": {**_CLOCK, "time": "2026-12-01T00:00:00Z", "resources": [], "detail": {}},
}
_ASKING = """
import json, sys
import app
from chalicelib.jsonapi.model.resource import Resource
from devstack import gateway

# The table of tracks is declared by then.
declare, failures = Resource.__init__, [MemoryError()] if sys.argv[2] == "fails" else []

def declare_or_fail(self, name, *arguments, **options):
    if name == "track" and failures:
        raise failures.pop()
    declare(self, name, *arguments, **options)

Resource.__init__ = declare_or_fail
for entry, event in json.loads(sys.argv[1]):
    try:
        answer = getattr(app, entry)(event, gateway.LambdaContext(entry))
    except Exception as failure:  # as Lambda, which keeps the process then
        answer = {"failure": type(failure).__name__}
    print("answer", json.dumps(answer), flush=True)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with its manifest."""
    return packaged(tmp_path_factory.mktemp("package"))


def answers(package: Path, events: Sequence[tuple[str, Any]], *, fails: bool) -> tuple[int, list[Any], str]:
    """The exit status of a new process, its answers to these events, and its log."""
    done = subprocess.run(
        [sys.executable, "-c", _ASKING, json.dumps(events), "fails" if fails else "works"],
        cwd=package, env={**os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("answer ")]
    return (
        done.returncode,
        [json.loads(line.removeprefix("answer ")) for line in lines],
        done.stdout + done.stderr,
    )


def posted() -> tuple[str, Any]:
    """A POST of a track by an organizer, as API Gateway's event."""
    import app
    from devstack import gateway

    organizer = stored(make_user)
    event = stored(make_event, owner=organizer)
    content = document("track", {"name": "A", "color": "#ff0000"}, event=("event", event))
    headers = [
        ("Authorization", f"JWT {tokens.access_token(organizer.id, fresh=True)}"),
        ("Content-Type", "application/vnd.api+json"),
    ]
    body = json.dumps(content).encode()
    return "app", gateway.event_from_http(app.app.routes, "POST", "/v1/tracks", headers, body)


def test_a_process_with_a_half_imported_type_takes_no_further_request(
    package: Path, database: TestDatabase
) -> None:
    event = posted()
    status, answered, log = answers(package, [event, event], fails=True)
    assert (status, answered) == (1, [])
    assert "an import failed half-way, so the process ends" in log
    assert database.one("SELECT count(*) FROM tracks") == 0
    status, answered, _ = answers(package, [event, event], fails=False)
    assert (status, [answer["statusCode"] for answer in answered]) == (0, [201, 201])


@pytest.mark.parametrize("entry", _EVENTS)
def test_nor_does_one_that_could_not_import_everything(
    entry: str, package: Path, database: TestDatabase
) -> None:
    events = [(entry, _EVENTS[entry])] * 2
    status, answered, _ = answers(package, events, fails=True)
    assert (status, answered) == (1, [])


@pytest.mark.usefixtures("database", "environment")
def test_a_failure_that_interrupts_no_import_ends_no_process(
    package: Path, environment: pytest.MonkeyPatch
) -> None:
    event = posted()
    environment.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    status, answered, _ = answers(
        package, [event, ("probe_health", _EVENTS["probe_health"]), event], fails=False
    )
    assert (status, len(answered)) == (0, 3)
