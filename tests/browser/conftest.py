"""What the tests here can ask for by name: system, screen, phone, dark."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser import chromium
from tests.browser.chromium import Screen
from tests.support.running_system import RunningSystem, running


@pytest.fixture(scope="session")
def system() -> Iterator[RunningSystem]:
    """One running system with the demo data for all tests here."""
    with tempfile.TemporaryDirectory(prefix="test-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o755)  # as root, PostgreSQL runs as another user
        with running(Path(directory) / "state") as found:
            yield found


@pytest.fixture
def screen(system: RunningSystem) -> Iterator[Screen]:
    """A large screen with light colours."""
    with chromium.screen(system.address) as found:
        yield from _watched(found)


@pytest.fixture
def dark(system: RunningSystem) -> Iterator[Screen]:
    """A large screen, on a system that has dark colours."""
    with chromium.screen(system.address, colours="dark") as found:
        yield from _watched(found)


@pytest.fixture
def phone(system: RunningSystem) -> Iterator[Screen]:
    """A phone."""
    with chromium.screen(system.address, chromium.PHONE) as found:
        yield from _watched(found)


def _watched(found: Screen) -> Iterator[Screen]:
    """After the test: nothing went wrong in the browser, and no other host was asked for anything."""
    yield found
    assert found.complaints() == []
    hosts = {urlsplit(url).netloc for url in found.fetched() if url.startswith(("http", "ws"))}
    assert hosts <= {urlsplit(found.address).netloc}, hosts
