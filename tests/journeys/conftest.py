"""What the tests here can ask for by name."""

from collections.abc import Iterator

import pytest

from tests.support.directories import tmp_path
from tests.support.running_system import RunningSystem, running

__all__ = ["tmp_path"]


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system with two workers, started once for all stories: each is of people and events of its own."""
    with running(tmp_path_factory.mktemp("system"), WORKERS="2", DATABASE_URL="") as found:
        yield found
