"""Test database: a copy of a migrated template."""

import uuid
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import pg8000.native

from devstack import database
from tests.support.servers import DatabaseServer

REQUESTS_ROLE = "open_event_requests"
_ABOUT_ROWS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


class TestDatabase:
    """A test's own database; read it with rows() and one(), change it with run().

    These act as its owner. The system under test uses `requests_url`, with a role that owns nothing.
    """

    __test__ = False  # not a test class

    def __init__(self, url: str) -> None:
        self.address = url
        self.requests_url = database.in_role(url, REQUESTS_ROLE)
        self.only_rows_change = True
        self._connections = ExitStack()
        self._idle: list[pg8000.native.Connection] = []

    @property
    def url(self) -> str:
        """Its owner's URL. Accessing it means that more than rows may change."""
        self.only_rows_change = False
        return self.address

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """The rows of a statement with :name parameters, on a separate connection."""
        with self._for(sql) as connection:
            found = connection.run(sql, **values)
            names = [column["name"] for column in connection.columns or ()]
        return [dict(zip(names, row, strict=True)) for row in found or ()]

    def _for(self, sql: str) -> AbstractContextManager[pg8000.native.Connection]:
        if sql.lstrip().upper().startswith(_ABOUT_ROWS):
            return self.connected()
        return database.connected(self.url)  # not reused, since it may leave settings or locks behind

    @contextmanager
    def connected(self) -> Iterator[pg8000.native.Connection]:
        """Its owner's connection for the block, reused by the next one: connecting takes 10 ms."""
        if self._idle:
            connection = self._idle.pop()
        else:
            connection = self._connections.enter_context(database.connected(self.address))
        yield connection
        self._idle.append(connection)  # after an error it is not used again

    def one(self, sql: str, **values: object) -> Any:
        """The single value of a statement that returns one row with one column."""
        (row,) = self.rows(sql, **values)
        (value,) = row.values()
        return value

    def run(self, sql: str, **values: object) -> None:
        """Run one statement and commit it."""
        self.rows(sql, **values)

    @property
    def name(self) -> str:
        """Its name on the server."""
        return self.address.rpartition("/")[2]

    @property
    def connections(self) -> int:
        """The number of idle connections."""
        return len(self._idle)

    def close(self) -> None:
        """Close the idle connections."""
        self._idle.clear()
        with suppress(pg8000.native.InterfaceError, OSError):  # a test may have closed them
            self._connections.close()


def make_template(server: DatabaseServer) -> str:
    """The name of the migrated template, created by the first worker."""
    name, unfinished = server.template, f"{server.template}_unfinished"
    with database.locked(server.url, zlib.crc32(name.encode())) as connection:
        if connection.run("SELECT 1 FROM pg_database WHERE datname = :name", name=name):
            return name
        database.drop(server.url, unfinished)
        database.create_if_missing(server.url, unfinished)
        url = database.named(server.url, unfinished)
        database.migrate(url, database.in_role(url, REQUESTS_ROLE))
        connection.run(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    return name


@contextmanager
def fresh_copy(server: DatabaseServer, template: str) -> Iterator[TestDatabase]:
    """A copy of the template for the block."""
    name = f"{server.run}_{uuid.uuid4().hex[:12]}"
    database.clone(server.url, template, name)
    copy = TestDatabase(database.named(server.url, name))
    try:
        yield copy
    finally:
        copy.close()
        database.drop(server.url, name)
