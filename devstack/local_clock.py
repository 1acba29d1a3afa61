"""A simulated clock: /local/clock moves the time of the local system ahead, for whatever happens days later.

How far it is ahead is a file, which every process reads before a request, a message or a schedule, and a row
in the database, whose now() is overridden for the role of requests. It never goes back, as jobs note which
days they have seen. Services beside it, such as the queue, keep the real time.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from chalicelib import clock, db
from devstack import database
from devstack.gateway import HttpAnswer

PATH: Final = "/local/clock"
FILE: Final = "LOCAL_CLOCK"  # the variable that names the file
_LOOKS: Final = 0.2  # seconds between two looks at the file
_FARTHEST: Final = timedelta(days=10_000)
# Names are looked up in the search path, of which pg_catalog would be first if it were not named there.
_OVERRIDE: Final = """
CREATE SCHEMA IF NOT EXISTS local_clock;
CREATE TABLE IF NOT EXISTS local_clock.ahead (seconds double precision NOT NULL);
INSERT INTO local_clock.ahead SELECT 0 WHERE NOT EXISTS (SELECT FROM local_clock.ahead);
CREATE OR REPLACE FUNCTION local_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
  $$SELECT pg_catalog.now() + (SELECT seconds FROM local_clock.ahead) * interval '1 second'$$;
GRANT USAGE ON SCHEMA local_clock TO "{role}";
GRANT SELECT, UPDATE ON local_clock.ahead TO "{role}";
ALTER ROLE "{role}" IN DATABASE "{name}" SET search_path = local_clock, pg_catalog, public
"""


def override(owner: str, requests: str) -> None:
    """Let the database have the local time for the role of requests, once it connects: two URLs of it."""
    where = make_url(requests)
    with database.connected(owner) as connection:
        for statement in _OVERRIDE.format(role=where.username, name=where.database).split(";\n"):
            connection.run(statement)


def ahead() -> timedelta:
    """How far the local time is ahead of the real one: nothing where no file says so."""
    try:
        return timedelta(seconds=float(Path(os.environ.get(FILE) or os.devnull).read_text() or 0))
    except FileNotFoundError:
        return timedelta(0)


@contextmanager
def followed() -> Iterator[None]:
    """Within the block this process has the local time."""
    with clock.shifted(ahead()):
        yield


def wait(seconds: float, since: float, was_ahead: timedelta) -> None:
    """Wait until so many seconds have passed on the local clock, since a moment of time.monotonic()."""
    while (left := since + seconds - time.monotonic() - (ahead() - was_ahead).total_seconds()) > 0:
        time.sleep(min(left, _LOOKS))


def answer(method: str, body: bytes) -> HttpAnswer:
    """GET says what time it is, POST {"now": ISO 8601 with a zone} moves it ahead."""
    if method not in {"GET", "HEAD", "POST"}:
        return _said(405, "GET or POST")
    if method == "POST":
        try:
            moment = datetime.fromisoformat(json.loads(body)["now"])
            further = moment - (datetime.now(UTC) + ahead())
        except (ValueError, TypeError, KeyError):
            return _said(422, 'send {"now": "2031-05-02T09:00:00Z"}: a moment with its zone')
        if not timedelta(0) <= further <= _FARTHEST:
            return _said(409, f"the clock goes ahead alone, by {_FARTHEST.days} days at most")
        if not os.environ.get(FILE):
            return _said(409, f"{FILE} names no file")
        _keep(ahead() + further)
    return _said(200)


def _keep(how_far: timedelta) -> None:
    path = Path(os.environ[FILE])
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(str(how_far.total_seconds()))
    with db.transaction() as session:
        db.fetch(session, "UPDATE local_clock.ahead SET seconds = $1 RETURNING 1", [how_far.total_seconds()])
    unfinished.replace(path)


def _said(status: int, why: str = "") -> HttpAnswer:
    content = {"error": why} if why else {"now": (datetime.now(UTC) + ahead()).isoformat()}
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return HttpAnswer(status, headers, json.dumps(content).encode())
