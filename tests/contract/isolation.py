"""The database as it was, before every transaction: a copy of a template, restored as long as only rows change.

That, or else copying the files of a furnished database, costs a small part of dropping all tables, migrating
and furnishing again; both are measured.
"""

import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

from chalicelib import db
from chalicelib.auth import viewer
from chalicelib.settings import settings
from devstack import database
from tests.contract.world import furnish
from tests.support.beginnings import Beginning, Restorer
from tests.support.copies import is_restored
from tests.support.servers import DatabaseServer

_RECREATIONS = 3
_CONNECTIONS = 2  # of the server: requests, and what is committed apart
_USES = 100  # of a copy: deleted rows bloat tables and indexes


class Clones:
    """Copies of one furnished template, of which one is in use."""

    def __init__(self, server: DatabaseServer) -> None:
        self._server = server
        self._template = f"{server.run}_furnished"
        self._numbers = count(1)
        self._used = ""
        self._dropping: threading.Thread | None = None
        self._beginning: Beginning | None = None
        self._restorer: Restorer | None = None
        self._stack = ExitStack()
        self._uses = 0
        self.seconds: list[float] = []
        database.create_if_missing(server.url, self._template)
        self._go_to(self._template)
        database.migrate(os.environ["DATABASE_URL"])
        furnish()
        db.forget()

    def renew(self) -> None:
        """Let the server find the database as it was: the same one, restored, or else a new copy."""
        began = time.monotonic()
        if self._restorer and self._uses < _USES and is_restored(self._restorer, _CONNECTIONS):
            self._uses += 1
            _forget()
        else:
            self._copy()
        self.seconds.append(time.monotonic() - began)

    def _copy(self) -> None:
        """Let the server go over to a new copy; the former one is dropped meanwhile."""
        self._let_go()
        former, name = self._used, f"{self._server.run}_{next(self._numbers)}"
        if self._dropping:
            self._dropping.join()
        database.clone(self._server.url, self._template, name)
        self._go_to(name)
        connection = self._stack.enter_context(database.connected(os.environ["DATABASE_URL"]))
        self._beginning = self._beginning or Beginning.of(connection)
        self._used, self._uses, self._restorer = name, 1, Restorer(connection, self._beginning)
        if former:
            self._dropping = threading.Thread(target=database.drop, args=(self._server.url, former))
            self._dropping.start()

    def recreations(self) -> list[float]:
        """What it takes instead to drop everything, migrate and furnish again, measured a few times."""
        return [self._recreate() for _ in range(_RECREATIONS)]

    def close(self) -> None:
        """Drop what was made."""
        if self._dropping:
            self._dropping.join()
        self._let_go()
        db.forget()
        for name in (self._used, self._template):
            if name:
                database.drop(self._server.url, name)

    @property
    def median(self) -> float:
        """The seconds that a renewal takes."""
        return statistics.median(self.seconds)

    def _recreate(self) -> float:
        self.renew()
        self._let_go()
        began = time.monotonic()
        with database.connected(os.environ["DATABASE_URL"]) as connection:
            connection.run("DROP SCHEMA public CASCADE")
            connection.run("CREATE SCHEMA public")
        database.migrate(os.environ["DATABASE_URL"])
        db.forget()
        furnish()
        return time.monotonic() - began

    def _go_to(self, name: str) -> None:
        os.environ["DATABASE_URL"] = database.named(self._server.url, name)
        db.forget()
        _forget()

    def _let_go(self) -> None:
        """Restore the copy in use no more."""
        self._restorer = None
        self._stack.close()


def _forget() -> None:
    viewer.forget()
    settings.cache_clear()


@contextmanager
def clones(server: DatabaseServer) -> Iterator[Clones]:
    """Copies for the length of the block."""
    found = Clones(server)
    try:
        yield found
    finally:
        found.close()
