"""Empty databases, migrations of a test's own, and changes of the schema done one by one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from chalicelib import db
from chalicelib.settings import settings
from devstack import database as servers
from tests.migrations.versions import Versions
from tests.support.databases import TestDatabase
from tests.support.servers import DatabaseServer

Make = Callable[[str], TestDatabase]


@pytest.fixture
def make_empty(database_server: DatabaseServer) -> Iterator[Make]:
    """Makes databases in which nothing has ever been, by a name."""
    made = {}

    def make(name: str) -> TestDatabase:
        full = f"{database_server.run}_{name}"
        servers.drop(database_server.url, full)
        servers.create_if_missing(database_server.url, full)
        made[full] = TestDatabase(servers.named(database_server.url, full))
        return made[full]

    yield make
    db.forget()
    for name, value in made.items():
        value.close()
        servers.drop(database_server.url, name)


@pytest.fixture
def empty(make_empty: Make, environment: pytest.MonkeyPatch, worker: str) -> TestDatabase:
    """An empty database that the system uses."""
    made = make_empty(f"bare_{worker}")
    environment.setenv("DATABASE_URL", made.url)
    db.forget()
    settings.cache_clear()
    return made


@pytest.fixture
def worker(request: pytest.FixtureRequest) -> str:
    """What tells this process of the test run from the others."""
    given: str = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    return given


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """Migrations of the test's own; none yet."""
    return Versions(tmp_path)


@pytest.fixture
def change(empty: TestDatabase) -> Callable[[Callable[[], None]], None]:
    """Does what a migration's upgrade() would do, in the empty database."""

    def do(step: Callable[[], None]) -> None:
        with db.engine().connect() as connection:
            context = MigrationContext.configure(connection)
            with context.begin_transaction(), Operations.context(context):
                step()

    return do
