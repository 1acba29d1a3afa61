"""The database as it was, before every transaction: a copy of a template, to which the server goes over.

Copying files of a furnished database costs a small part of dropping all tables, migrating and
furnishing again; both are measured.
"""

import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from chalicelib import db
from chalicelib.auth import viewer
from chalicelib.settings import settings
from devstack import database
from tests.contract.world import furnish
from tests.support.servers import DatabaseServer

_RECREATIONS = 3


class Clones:
    """Copies of one furnished template, of which one is in use."""

    def __init__(self, server: DatabaseServer) -> None:
        self._server = server
        self._template = f"{server.run}_furnished"
        self._numbers = count(1)
        self._used = ""
        self._dropping: threading.Thread | None = None
        self.seconds: list[float] = []
        database.create_if_missing(server.url, self._template)
        self._go_to(self._template)
        database.migrate(os.environ["DATABASE_URL"])
        furnish()
        db.forget()

    def renew(self) -> None:
        """Let the server go over to a new copy; the former one is dropped meanwhile."""
        began = time.monotonic()
        former, name = self._used, f"{self._server.run}_{next(self._numbers)}"
        if self._dropping:
            self._dropping.join()
        database.clone(self._server.url, self._template, name)
        self._go_to(name)
        self._used = name
        self.seconds.append(time.monotonic() - began)
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
