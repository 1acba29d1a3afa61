"""Servers of a test run: one PostgreSQL shared by all workers, and a stand-in for AWS for each."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack import aws_stand_in, database, postgres


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A PostgreSQL server. `run` is the prefix of this test run's databases."""

    url: str
    run: str

    @property
    def template(self) -> str:
        """The template of all test databases."""
        return f"{self.run}_template"


class OwnPostgres:
    """Started once per test run, unless DATABASE_URL names another server."""

    def __init__(self) -> None:
        # In memory where possible: a copy of a database is hundreds of small files.
        memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a directory of our own in it
        roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**31
        self._directory = Path(tempfile.mkdtemp(prefix="test-postgres-", dir=memory if roomy else None))
        given = os.environ.get("DATABASE_URL", "")
        # Statistics that change between two requests may change the order of rows that have none.
        still = {**postgres.FORGETFUL, "autovacuum": "off"}
        self._postgres = None if given else postgres.start(self._directory, still)
        if given:
            database.check_reachable(given)
        url = self._postgres.url("postgres") if self._postgres else given
        self.address = DatabaseServer(url, f"test_{uuid.uuid4().hex[:8]}")

    def cpu_seconds(self) -> float:
        """The CPU time of the server; 0 where DATABASE_URL names another one."""
        return self._postgres.cpu_seconds() if self._postgres else 0.0

    def stop(self) -> None:
        """Stop what was started and delete what was created."""
        if self._postgres:
            self._postgres.stop()
        else:
            database.drop(self.address.url, self.address.template)
        shutil.rmtree(self._directory, ignore_errors=True)


@contextmanager
def own_stand_in() -> Iterator[str]:
    """A stand-in for AWS for the block; yields its URL."""
    with tempfile.TemporaryDirectory(prefix="test-aws-") as directory:
        server = aws_stand_in.start(Path(directory) / "aws.log")
        try:
            server.wait()
            yield server.endpoint
        finally:
            server.stop()
