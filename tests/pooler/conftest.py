"""What the tests here can ask for by name: pooler, pooled, sessions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pg8000.dbapi
import pytest
from sqlalchemy.engine import make_url

from chalicelib import db
from chalicelib.driver import Connection
from chalicelib.settings import settings
from devstack import pooler as poolers
from devstack.pooler import Pooler
from tests.support.databases import TestDatabase
from tests.support.servers import DatabaseServer

Connect = Callable[..., Connection]


@pytest.fixture(scope="session")
def pooler(database_server: DatabaseServer) -> Iterator[Pooler]:
    """PgBouncer with one connection for each database and role: what a client leaves the next one finds."""
    with poolers.running(database_server.url, connections=1, seconds=1) as found:
        yield found


@pytest.fixture
def pooled(database: TestDatabase, pooler: Pooler, environment: pytest.MonkeyPatch) -> TestDatabase:
    """The test's database, which the system under test reaches by way of the pooler."""
    environment.setenv("DATABASE_URL", pooler.url(database.requests_url))
    db.forget()
    settings.cache_clear()
    return database


@pytest.fixture
def connect(database: TestDatabase, pooler: Pooler) -> Iterator[Connect]:
    """Connect by way of a pooler, as the owner of the tables: connect(), connect(TimeZone="Asia/Tokyo")."""
    with ExitStack() as stack:

        def connected(by: Pooler | None = None, url: str = "", **parameters: str) -> Connection:
            at = make_url((by or pooler).url(url or database.url))
            made = Connection(
                user=at.username,
                host=at.host,
                port=at.port,
                database=at.database,
                ssl_context=False,
                application_name=parameters.pop("application_name", None),
                startup_params={"TimeZone": "UTC", **parameters},
                prepare=True,
            )
            stack.callback(_close, made)
            return made

        yield connected


def _close(connection: Connection) -> None:
    with suppress(pg8000.dbapi.Error, OSError):  # a test may have ended it
        connection.close()
