"""A replica of the test run's PostgreSQL, which can be made to lag, and to be gone."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from chalicelib import db
from chalicelib.settings import settings
from devstack import database as databases
from devstack import postgres
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.servers import DatabaseServer

PATIENCE = 60.0


@pytest.fixture(scope="module")
def replica(database_server: DatabaseServer) -> Iterator[postgres.Postgres]:
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a directory of our own in it
    directory = Path(tempfile.mkdtemp(prefix="test-replica-", dir=memory if memory.is_dir() else None))
    server = postgres.replicate(directory, database_server.url)
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


class Reader:
    """The reader of the system under test."""

    def __init__(
        self, replica: postgres.Postgres, database: TestDatabase, environment: pytest.MonkeyPatch
    ) -> None:
        self._database, self._environment = database, environment
        where = make_url(database.requests_url).set(port=replica.port)
        self.url = where.render_as_string(hide_password=False)
        self._owner = databases.named(replica.url("postgres"), where.database or "")
        self.set(DATABASE_READER_URL=self.url, READER_MOST_LAG="600")

    def set(self, **values: str) -> None:
        """Settings of the system."""
        for name, value in values.items():
            self._environment.setenv(name, value)
        settings.cache_clear()
        db.forget()

    def catch_up(self) -> None:
        """The replica has all that was committed by now, and shows it."""
        self._run("SELECT pg_wal_replay_resume()")
        lsn = self._database.one("SELECT pg_current_wal_insert_lsn()::text")
        deadline = time.monotonic() + PATIENCE
        while not self._run(f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'::pg_lsn"):
            assert time.monotonic() < deadline, "the replica does not catch up"
            time.sleep(0.02)

    def lag(self) -> None:
        """From now on the replica shows what it has by now."""
        self.catch_up()
        self._run("SELECT pg_wal_replay_pause()")
        deadline = time.monotonic() + PATIENCE
        while self._run("SELECT pg_get_wal_replay_pause_state()") != "paused":
            assert time.monotonic() < deadline, "the replica does not pause"
            time.sleep(0.02)

    def _run(self, sql: str) -> object:
        with databases.connected(self._owner) as connection:
            return connection.run(sql)[0][0]


@pytest.fixture
def reader(
    replica: postgres.Postgres, database: TestDatabase, client: Client, environment: pytest.MonkeyPatch
) -> Iterator[Reader]:
    """A reader that is not behind by more than ten minutes."""
    wait_for(lambda: _knows(replica, database), "the replica has the database")
    made = Reader(replica, database, environment)
    # The one of the template is as old as the run of the tests.
    database.run("UPDATE reader_beats SET beaten_at = clock_timestamp()")
    yield made
    made.catch_up()
    db.forget()


def _knows(replica: postgres.Postgres, database: TestDatabase) -> bool:
    name = make_url(database.address).database
    with databases.connected(replica.url("postgres")) as connection:
        return bool(connection.run("SELECT 1 FROM pg_database WHERE datname = :name", name=name))


def wait_for(look: Callable[[], object], what: str) -> None:
    """Until `look()` is true."""
    deadline = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < deadline, f"not so within {PATIENCE:.0f} s: {what}"
        time.sleep(0.02)
