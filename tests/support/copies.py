"""Copies of a template database, reused by one test after the other and reset in between.

PostgreSQL takes some 60 ms to copy and drop a database, and as long again until a new connection has cached
the catalog. So a copy is reset after a test, and the next test gets it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from pg8000.native import DatabaseError, InterfaceError

from devstack import database
from tests.support.beginnings import Beginning, Restorer
from tests.support.databases import TestDatabase, fresh_copy
from tests.support.engines import Engines
from tests.support.servers import DatabaseServer

# Deleted rows bloat tables and indexes, so a copy is replaced after so many tests.
_USES = 100


class Copies:
    """At most one copy of `template` at a time; replaced when more than rows may have changed in it."""

    def __init__(self, server: DatabaseServer, template: str, engines: Engines) -> None:
        self._server = server
        self._template = template
        self._engines = engines
        self._beginning: Beginning | None = None
        self._stack = ExitStack()
        self._idle: tuple[TestDatabase, Restorer] | None = None
        self._uses = 0

    @contextmanager
    def one(self, *, new: bool = False) -> Iterator[TestDatabase]:
        """A copy in the state of the template, for one test; one block at a time.

        With `new`, it is unused.
        """
        if new:
            self.end()
        copy, restorer = self._idle or self._new()
        self._idle = None
        self._engines.touch()
        self._uses += 1
        try:
            yield copy
        finally:
            self._engines.keep()
            known = copy.connections + self._engines.connections(copy.name)
            if copy.only_rows_change and self._uses < _USES and _is_restored(restorer, known):
                self._idle = copy, restorer
            else:
                self.end()

    def end(self) -> None:
        """Drop the copy, if there is one."""
        self._idle = None
        self._uses = 0
        self._engines.dispose()
        with suppress(InterfaceError, OSError):  # a test may have ended all connections
            self._stack.close()

    def _new(self) -> tuple[TestDatabase, Restorer]:
        copy = self._stack.enter_context(fresh_copy(self._server, self._template))
        connection = self._stack.enter_context(database.connected(copy.address))
        self._beginning = self._beginning or Beginning.of(connection)
        return copy, Restorer(connection, self._beginning)


def _is_restored(restorer: Restorer, known: int) -> bool:
    try:
        if not restorer.is_alone(known):
            return False
        restorer.restore()
    except (DatabaseError, InterfaceError, OSError):  # the same, or it has changed the tables
        return False
    return True
