"""Environment of a load test: a durable PostgreSQL, a stand-in for AWS, accounts."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.storm.sale import Person, make_people
from chalicelib import aws, db
from chalicelib.settings import settings
from devstack import aws_stand_in, database, postgres
from devstack import pooler as poolers

_KEY = "storm:a-secret-that-only-this-benchmark-knows"
# The defaults of PostgreSQL, said aloud: an answer is given when the order is on the disk.
_SERVER = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "256MB"}
_TEMPLATE = "storm"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where PostgreSQL is, what leads our own code to everything else, and who will buy."""

    postgres: postgres.Postgres
    environment: dict[str, str]
    people: list[Person]
    pooler: poolers.Pooler | None = None

    @property
    def server(self) -> str:
        """The URL of the database that every server has."""
        return self.postgres.url("postgres")

    def way_to(self, url: str) -> str:
        """The URL by which processes that serve reach this database."""
        return self.pooler.url(url) if self.pooler else url

    def many(self, processes: int) -> int:
        """As many processes, or twice as many where they share the connections of a pooler."""
        return 2 * processes if self.pooler else processes

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """The URL of a database with the people and no sale, for the length of the block."""
        name = f"{_TEMPLATE}_{uuid.uuid4().hex[:8]}"
        database.clone(self.server, _TEMPLATE, name)
        url = database.named(self.server, name)
        try:
            _lead_to({"DATABASE_URL": url})
            yield url
        finally:
            db.forget()
            database.drop(self.server, name)


@contextmanager
def set_up(people: int, pooled: int = 0) -> Iterator[Stage]:
    """Everything started and so many people signed in, for the length of the block.

    With `pooled`, processes that serve share so many connections to the database by way of PgBouncer.
    """
    directory = Path(tempfile.mkdtemp(prefix="storm-"))
    directory.chmod(0o711)  # PostgreSQL may run as somebody else, who must get through
    try:
        server = postgres.start(directory / "postgres", _SERVER)
        queue = aws_stand_in.start(directory / "aws.log")
        try:
            queue.wait()
            filled = _filled(server, queue.endpoint, people)
            if not pooled:
                yield filled
                return
            with poolers.running(filled.server, connections=pooled, seconds=20) as between:
                yield replace(filled, pooler=between)
        finally:
            queue.stop()
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _filled(server: postgres.Postgres, endpoint: str, people: int) -> Stage:
    database.create_if_missing(server.url("postgres"), _TEMPLATE)
    url = server.url(_TEMPLATE)
    database.migrate(url)
    environment = {
        **aws_stand_in.create_resources(endpoint, "storm-files").environment(),
        "STAGE": "storm",
        "JWT_KEYS": _KEY,
        "MEDIA_URL": "https://media.example.org",
        "COOKIE_SECURE": "false",
        "LOG_LEVEL": "ERROR",
        # The rule is asked as ever, but a buyer stands for many here.
        "HELD_PLACES": "1000000",
        "HELD_PLACES_UNVERIFIED": "1000000",
    }
    for setting in ("DB_PREPARE", "DATABASE_URL_PARAMETER", "JWT_KEYS_PARAMETER", "API_PREFIX", "XRAY"):
        os.environ.pop(setting, None)
    _lead_to({**environment, "DATABASE_URL": url})
    buyers = make_people(people)
    with database.connected(url) as connection:
        connection.run("ANALYZE")
    db.forget()  # so that the database can be copied
    return Stage(server, environment, buyers)


def _lead_to(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    db.forget()
    settings.cache_clear()
    aws.forget()
