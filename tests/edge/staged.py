"""A running system whose only people and events are those that a test makes, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chalicelib import db
from chalicelib.settings import settings
from devstack import database
from tests.edge.varnish import SECRET
from tests.support.running_system import RunningSystem, running


@contextmanager
def without_people(directory: Path) -> Iterator[RunningSystem]:
    """A system behind an edge, without people and events."""
    with running(directory, EDGE_SECRET=SECRET) as started:
        variables = started.variables()
        with database.connected(variables["MIGRATION_DATABASE_URL"]) as connection:
            connection.run("TRUNCATE users, events CASCADE")
        yield started


@contextmanager
def written_here(system: RunningSystem, environment: pytest.MonkeyPatch) -> Iterator[None]:
    """This process writes to the system's database, and signs tokens with its keys."""
    for name, value in system.variables().items():
        environment.setenv(name, value)
    settings.cache_clear()
    db.forget()
    yield
    db.forget()
