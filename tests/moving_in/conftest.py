"""One former installation that has moved in, for all tests of a module that share it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chalicelib.moving_in.report import Report
from chalicelib.moving_in.run import Options, move_in
from tests.moving_in import former
from tests.support.http_client import Client
from tests.support.servers import DatabaseServer


@dataclass
class Installation:
    """The former database and its files, and what has been reported of the move."""

    url: str
    files: Path
    reports: list[Report] = field(default_factory=list)

    def move(self, **options: Any) -> Report:
        """Move in, once more; gives the report."""
        chosen = {"media": str(self.files), "page": 200, **options}
        report = Report(self.files / f"report-{len(self.reports)}.jsonl")
        move_in(Options(self.url, **chosen), report, lambda _: None)
        self.reports.append(report)
        return report


@contextmanager
def _installation(server: DatabaseServer, directory: Path) -> Iterator[Installation]:
    with former.loaded(server) as url:
        yield Installation(url, former.unpacked(directory))


@pytest.fixture(scope="module")
def shared_installation(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A former installation for a module."""
    with _installation(database_server, tmp_path_factory.mktemp("former")) as made:
        yield made


@pytest.fixture
def moved_in(shared_installation: Installation, client: Client) -> Installation:
    """The installation of the module, after it has moved into the module's database once."""
    if not shared_installation.reports:
        shared_installation.move()
    return shared_installation


@pytest.fixture
def installation(database_server: DatabaseServer, tmp_path: Path) -> Iterator[Installation]:
    """A former installation of the test's own."""
    with _installation(database_server, tmp_path) as made:
        yield made
