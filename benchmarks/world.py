"""Environment of a benchmark run: a PostgreSQL of its own, the rows, a stand-in for the queue, and the
brief.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib import aws, db
from chalicelib.settings import settings
from devstack import aws_stand_in, database, postgres

_KEY = "bench:a-secret-that-only-this-benchmark-knows"
_SERVER = {**postgres.FORGETFUL, "shared_buffers": "256MB", "autovacuum": "off"}
DATABASE = "bench"


@dataclass(frozen=True)
class World:
    """Where things are. `environment` leads our own code to them."""

    directory: Path
    brief: Path
    server: str
    port: int
    environment: dict[str, str]
    read: list[int]
    write: list[int]

    def other_database(self, name: str) -> tuple["Path", dict[str, str]]:
        """A copy of the rows that may be changed: its brief and the environment that leads there."""
        database.clone(self.server, DATABASE, name)
        brief = {**json.loads(self.brief.read_text()), "database": name}
        path = self.directory / f"{name}.json"
        path.write_text(json.dumps(brief))
        return path, {**self.environment, "DATABASE_URL": database.named(self.server, name)}


@contextmanager
def made_world() -> Iterator[World]:
    """Everything started and filled, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        # PostgreSQL may run as somebody else, who must get through to its directory.
        directory.chmod(0o711)
        server = postgres.start(directory / "postgres", _SERVER)
        queue = aws_stand_in.start(directory / "aws.log")
        try:
            queue.wait()
            yield _filled(directory, server, queue.endpoint)
        finally:
            queue.stop()
            server.stop()


def _filled(directory: Path, server: postgres.Postgres, endpoint: str) -> World:
    database.create_if_missing(server.url("postgres"), DATABASE)
    url = server.url(DATABASE)
    database.migrate(url)
    environment = {
        **aws_stand_in.create_resources(endpoint, "bench-files").environment(),
        "DATABASE_URL": url,
        "STAGE": "bench",
        "JWT_KEYS": _KEY,
        "MEDIA_URL": "https://media.example.org",
        "COOKIE_SECURE": "false",
        "LOG_LEVEL": "ERROR",
        # The rule is asked as ever, but a buyer stands for many here.
        "HELD_PLACES": "1000000",
        "HELD_PLACES_UNVERIFIED": "1000000",
    }
    for setting in ("DB_PREPARE", "DATABASE_URL_PARAMETER", "API_PREFIX", "XRAY", "PAGE_SIZE"):
        os.environ.pop(setting, None)
    os.environ.update(environment)
    settings.cache_clear()
    aws.forget()

    from benchmarks import nouns, rows  # they import the product, whose settings are known only now

    read, write, user_id = rows.make_rows(url)
    with database.connected(url) as connection:
        tracks = connection.run("SELECT event_id, min(id) FROM tracks GROUP BY event_id")
    content: dict[str, Any] = {
        "port": server.port,
        "database": DATABASE,
        "read": read,
        "write": write,
        "user_id": user_id,
        "tracks": {str(event_id): track_id for event_id, track_id in tracks},
        **nouns.described(read[len(read) // 2]),
    }
    db.forget()  # so that the database can be copied
    brief = directory / "brief.json"
    brief.write_text(json.dumps(content))
    return World(directory, brief, server.url("postgres"), server.port, environment, read, write)
