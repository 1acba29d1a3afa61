"""Benchmark: 1,000 functions and one PostgreSQL of 60 connections, with a pooler between them and without.

A function is a thread with a connection of its own, which it keeps, as a process of Lambda does. It sends the
statements of the API for an event, and every tenth time a small transaction; between two requests it pauses.
One that is refused comes back after a second, as clients are told (`Retry-After`).
"""

import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pg8000.dbapi
from sqlalchemy.engine import make_url

from benchmarks.storm.report import percentile
from chalicelib import db, driver
from chalicelib.db_errors import is_crowded
from chalicelib.settings import settings
from devstack import database, pooler, postgres

RESULT: Final = Path("build/pooler.json")
_FUNCTIONS, _PROCESSES = 1000, 4
_SECONDS: Final = 12.0  # for each row
_PAUSE: Final = 1.0  # seconds between two requests of a function, on average
_CONNECTIONS: Final = 20  # of the pooler to PostgreSQL
_WRITES: Final = 10  # one request in so many
_LIMIT = "SELECT set_config('lock_timeout', '3s', true)"
_CHANGE = "UPDATE counters SET n = n + 1 WHERE id = $1 RETURNING n"
Statement = tuple[str, list[Any]]


@dataclass(slots=True)
class Row:
    """What came of one way to the database. Times in seconds, from the first try to the answer."""

    took: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0
    unanswered: int = 0  # functions that had no answer at all


def main() -> int:
    """Run, print and write. The exit code is 1 when anything but a refusal went wrong."""
    rows: dict[str, tuple[int, Row]] = {}
    with (
        _server() as (url, statement),
        pooler.running(url, connections=_CONNECTIONS, clients=2 * _FUNCTIONS) as between,
    ):
        ways = {
            "50 functions, directly": (50, url, True),
            "50 functions, directly, no names": (50, url, False),
            "50 functions, by PgBouncer": (50, between.url(url), True),
            "1,000 functions, directly": (_FUNCTIONS, url, True),
            "1,000 functions, by PgBouncer": (_FUNCTIONS, between.url(url), True),
        }
        for title, (functions, way, names) in ways.items():
            print(f"{title} ...", file=sys.stderr, flush=True)
            rows[title] = functions, _measured(functions, way, names, statement)
    for line in lines(rows):
        print(line)
    RESULT.parent.mkdir(exist_ok=True)
    figures = {title: _figures(row) for title, (_, row) in rows.items()}
    RESULT.write_text(json.dumps({"load": os.getloadavg()[0], "rows": figures}, indent=1) + "\n")
    return 1 if any(row.failed for _, row in rows.values()) else 0


def lines(rows: dict[str, tuple[int, Row]]) -> Iterator[str]:
    """The table."""
    names = ("per s", "p50 ms", "p99 ms", "refused", "failed", "unanswered")
    yield f"{'one PostgreSQL with 60 connections':<36}" + "".join(f"{name:>11}" for name in names)
    for title, (_, row) in rows.items():
        yield f"  {title:<34}" + "".join(f"{value:>11,}" for value in _figures(row).values())


def _figures(row: Row) -> dict[str, float]:
    return {
        "per s": round(len(row.took) / _SECONDS),
        "p50 ms": round(percentile(row.took, 50) * 1000),
        "p99 ms": round(percentile(row.took, 99) * 1000),
        "refused": row.refused,
        "failed": row.failed,
        "unanswered": row.unanswered,
    }


@contextmanager
def _server() -> Iterator[tuple[str, Statement]]:
    """A migrated database with an event, and the statement by which the API answers it."""
    directory = Path(tempfile.mkdtemp(prefix="pooler-"))
    directory.chmod(0o711)
    try:
        server = postgres.start(directory / "postgres")
        try:
            url = server.url("pooler")
            database.create_if_missing(server.url("postgres"), "pooler")
            database.migrate(url)
            os.environ.update(DATABASE_URL=url, JWT_KEYS="pooler:a-secret-that-only-this-benchmark-knows")
            settings.cache_clear()
            statement = _statement_of_an_event()
            with database.connected(url) as connection:
                connection.run("CREATE TABLE counters (id int PRIMARY KEY, n bigint NOT NULL)")
                connection.run(f"INSERT INTO counters SELECT n, 0 FROM generate_series(1, {_FUNCTIONS}) n")
                connection.run("VACUUM ANALYZE")
            db.forget()
            yield url, statement
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _statement_of_an_event() -> Statement:
    """What GET /v1/events/1?include=tickets,sessions sends to the database."""
    import app
    from devstack import gateway
    from tests.factories import stored
    from tests.factories.event import make_event
    from tests.factories.session import make_session
    from tests.factories.ticket import make_ticket
    from tests.factories.user import make_user

    event = stored(make_event, owner=stored(make_user), state="published")
    for _ in range(5):
        stored(make_ticket, event=event)
        stored(make_session, event=event)
    sent: list[Statement] = []
    enqueue = driver.Connection.enqueue

    def noting(self: driver.Connection, sql: str, values: Any = (), **more: Any) -> Any:
        sent.append((sql, list(values)))
        return enqueue(self, sql, values, **more)

    driver.Connection.enqueue = noting  # type: ignore[method-assign]
    path = f"/v1/events/{event.id}?include=tickets,sessions"
    asked = gateway.event_from_http(app.app.routes, "GET", path, [("Accept", "*/*")])
    answer = app.app(asked, gateway.LambdaContext())
    driver.Connection.enqueue = enqueue  # type: ignore[method-assign]
    assert answer["statusCode"] == 200
    (statement,) = sent
    return statement


def _measured(functions: int, url: str, names: bool, statement: Statement) -> Row:
    forking = multiprocessing.get_context("fork")
    told: Any = forking.Queue()
    each = functions // _PROCESSES if functions >= _PROCESSES else 1
    ends = time.monotonic() + _SECONDS + 1
    children = [
        forking.Process(
            target=_process, args=(range(n * each, (n + 1) * each), url, names, statement, ends, told)
        )
        for n in range(functions // each)
    ]
    for child in children:
        child.start()
    row = Row()
    for _ in children:
        other: Row = told.get(timeout=_SECONDS + 60)
        row.took += other.took
        row.refused += other.refused
        row.failed += other.failed
        row.unanswered += other.unanswered
    for child in children:
        child.join()
    return row


def _process(numbers: range, url: str, names: bool, statement: Statement, ends: float, told: Any) -> None:
    threading.stack_size(256 * 1024)
    rows = [Row() for _ in numbers]
    threads = [
        threading.Thread(target=_function, args=(number, url, names, statement, ends, row), daemon=True)
        for number, row in zip(numbers, rows, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Row()
    for row in rows:
        whole.took += row.took
        whole.refused += row.refused
        whole.failed += row.failed
        whole.unanswered += not row.took
    told.put(whole)


def _function(number: int, url: str, names: bool, statement: Statement, ends: float, row: Row) -> None:
    """Answer requests until the end, on a connection that is kept."""
    chance = random.Random(number)  # noqa: S311 - no secret
    connection: driver.Connection | None = None
    time.sleep(chance.random() * _PAUSE)
    while time.monotonic() < ends:
        began = time.monotonic()
        while time.monotonic() < ends:
            try:
                connection = connection or _connected(url, names)
                _request(connection, number + 1, statement, writes=chance.randrange(_WRITES) == 0)
            except (pg8000.dbapi.Error, OSError) as problem:
                row.refused += is_crowded(problem)
                row.failed += not is_crowded(problem)
                connection = None
                time.sleep(1)
            else:
                row.took.append(time.monotonic() - began)
                break
        time.sleep(2 * _PAUSE * chance.random())
    if connection is not None:
        with suppress(pg8000.dbapi.Error, OSError):
            connection.close()


def _connected(url: str, names: bool) -> driver.Connection:
    at = make_url(url)
    return driver.Connection(
        user=at.username, host=at.host, port=at.port, database=at.database, ssl_context=False, prepare=names
    )


def _request(connection: driver.Connection, number: int, statement: Statement, *, writes: bool) -> None:
    if not writes:
        connection.run(*statement, large=True)
        return
    connection.enqueue(_LIMIT, begin=True)
    connection.run(_CHANGE, [number], begin=True)
    connection.commit()


if __name__ == "__main__":
    sys.exit(main())
