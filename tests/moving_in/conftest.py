"""A former installation that has moved in once, without its files; modules get copies of that database."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib import aws, db
from chalicelib.auth import viewer
from chalicelib.moving_in.report import Report
from chalicelib.moving_in.run import Options, move_in
from chalicelib.settings import settings
from tests.moving_in import former
from tests.support.databases import TestDatabase, fresh_copy
from tests.support.servers import DatabaseServer


@dataclass(frozen=True)
class Installation:
    """The former database and its files, and what was reported when it moved in."""

    url: str
    files: Path
    report: Report

    def move(self, url: str = "", **options: Any) -> Report:
        """Move in once more; gives the report."""
        report = Report(self.files / "report.jsonl")
        move_in(Options(url or self.url, **{"media": None, "page": 500, **options}), report, lambda _: None)
        return report


@dataclass(frozen=True)
class _MovedIn:
    installation: Installation
    database: TestDatabase


@pytest.fixture(scope="session")
def moved(
    database_server: DatabaseServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_MovedIn]:
    """The installation, and a database that it has moved into."""
    files = former.unpacked(tmp_path_factory.mktemp("former"))
    with former.loaded(database_server) as url, fresh_copy(database_server, template) as copy:
        with pytest.MonkeyPatch.context() as patched:
            for name, value in {"DATABASE_URL": copy.requests_url, "STAGE": "test"}.items():
                patched.setenv(name, value)
            forget_settings()
            report = Report(tmp_path_factory.mktemp("report") / "report.jsonl")
            move_in(Options(url, None, page=500), report, lambda _: None)
        forget_settings()
        copy.close()
        yield _MovedIn(Installation(url, files, report), copy)


@pytest.fixture(scope="session")
def installation(moved: _MovedIn) -> Installation:
    """The former installation."""
    return moved.installation


@pytest.fixture(scope="module")
def module_database(database_server: DatabaseServer, moved: _MovedIn) -> Iterator[TestDatabase]:
    """A copy of the database that the installation has moved into."""
    name = moved.database.address.rpartition("/")[2]
    with fresh_copy(database_server, name) as copy:
        yield copy


@pytest.fixture
def changing(database_server: DatabaseServer) -> Iterator[str]:
    """The URL of a former database of the test's own, to be changed."""
    with former.loaded(database_server) as url:
        yield url


def forget_settings() -> None:
    """After a change of settings: connect anew."""
    db.forget()
    viewer.forget()
    aws.forget()
    settings.cache_clear()
