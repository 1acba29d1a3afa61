"""What the tests here can ask for by name."""

from collections.abc import Iterator

import pytest

from tests.edge.varnish import SECRET, Varnish, in_front_of
from tests.support.running_system import RunningSystem, running

# Short, as tests wait for their end: seconds.
SHARED, STALE = 1, 1
ADMIN, PASSWORD = "admin@example.org", "what only admins know"


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """One system behind the edge, whose answers are shared for a short time."""
    lifetimes = {"SHARED_SECONDS": str(SHARED), "STALE_SECONDS": str(STALE)}
    admin = {"ADMIN_EMAIL": ADMIN, "ADMIN_PASSWORD": PASSWORD}
    with running(tmp_path_factory.mktemp("system"), EDGE_SECRET=SECRET, **lifetimes, **admin) as started:
        yield started


@pytest.fixture(scope="package")
def edge(system: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Varnish]:
    """A Varnish in front of it."""
    with in_front_of(system.address, tmp_path_factory.mktemp("varnish")) as started:
        yield started
