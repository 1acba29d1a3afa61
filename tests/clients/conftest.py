"""What the tests here can ask for by name."""

from collections.abc import Iterator

import pytest

from tests.support.directories import tmp_path
from tests.support.running_system import RunningSystem, running

__all__ = ["tmp_path"]


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """One system for the guide and the libraries, which work at events of their own."""
    with running(tmp_path_factory.mktemp("system")) as started:
        yield started
