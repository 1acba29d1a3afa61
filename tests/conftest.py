"""What every test can ask for by name: database, client, stand_in, pump, signals_on."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import hypothesis
import pytest

from chalicelib import aws, db, signals
from chalicelib.auth import viewer
from chalicelib.settings import settings
from devstack import aws_stand_in
from devstack.aws_stand_in import Resources
from tests.support import engines, hashing
from tests.support.copies import Copies
from tests.support.cost import Cost
from tests.support.databases import TestDatabase, fresh_copy, make_template
from tests.support.engines import Engines
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.support.servers import DatabaseServer, OwnPostgres, own_stand_in

_POSTGRES = pytest.StashKey[OwnPostgres]()
_KEY = "test:a-secret-that-only-tests-know-and-nobody-else"

# Nothing in the suite is timed, and what it found once it finds again.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("suite")


def _started(config: pytest.Config) -> OwnPostgres:
    if _POSTGRES not in config.stash:
        config.stash[_POSTGRES] = OwnPostgres()
    return config.stash[_POSTGRES]


def pytest_configure(config: pytest.Config) -> None:
    """Tell at the end what the suite costs."""
    config.pluginmanager.register(Cost())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: the controller starts PostgreSQL and tells each worker where it is."""
    address = _started(node.config).address
    node.workerinput["database_server"] = (address.url, address.run)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever started PostgreSQL stops it."""
    if _POSTGRES in config.stash:
        config.stash[_POSTGRES].stop()
        del config.stash[_POSTGRES]


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> DatabaseServer:
    """Where PostgreSQL is."""
    given = getattr(request.config, "workerinput", {}).get("database_server")
    return DatabaseServer(*given) if given else _started(request.config).address


@pytest.fixture(scope="session")
def template(database_server: DatabaseServer) -> str:
    """The name of the migrated database that tests get copies of."""
    return make_template(database_server)


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """Where this worker's stand-in for AWS is."""
    with own_stand_in() as endpoint:
        yield endpoint


@pytest.fixture(scope="session", autouse=True)
def compared_once() -> Iterator[None]:
    """A password that was compared with a hash is not compared with it again: each time takes 30 ms."""
    with hashing.compared_once():
        yield


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The same variables for every test, leading nowhere until a fixture says where."""
    databases = ("DATABASE_URL", "DATABASE_URL_PARAMETER")
    ours = (*databases, *(f"MIGRATION_{name}" for name in databases), "JWT_KEYS_PARAMETER")
    queues = ("BUCKET", "TASKS_QUEUE_URL", "DEAD_LETTERS_URL")
    for name in (*ours, *queues, *aws_stand_in.ELSEWHERE):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        **aws_stand_in.CREDENTIALS,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # where nobody listens
        "AWS_REGION": aws_stand_in.REGION,
        "STAGE": "test",
        "JWT_KEYS": _KEY,
        "COOKIE_SECURE": "false",
        "MAIL_FROM": aws_stand_in.MAIL_FROM,
        "MEDIA_URL": "https://media.example.org",
        "LIMITS": "off",
    }.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield monkeypatch
    _forget()


@pytest.fixture
def signals_on() -> None:
    """Ask for what follows from signals: messages in the outbox, and so in the queue."""


@pytest.fixture
def limits_on(environment: pytest.MonkeyPatch) -> None:
    """Ask for the rate limits as they are in production: without, a test meets none."""
    environment.delenv("LIMITS")
    settings.cache_clear()


@pytest.fixture(autouse=True)
def silence(request: pytest.FixtureRequest) -> Iterator[None]:
    """No task is written down by what a test does, unless it asks for `pump` or `signals_on`.

    What a test listens to itself, it hears.
    """
    if {"pump", "signals_on"} & set(request.fixturenames):
        yield
    else:
        with signals.silent():
            yield


@pytest.fixture(scope="session")
def kept_engines() -> Iterator[Engines]:
    """The engines of the system under test, which tests with the same database hand on."""
    with engines.kept() as kept:
        yield kept


@pytest.fixture(scope="session")
def copies(database_server: DatabaseServer, template: str, kept_engines: Engines) -> Iterator[Copies]:
    """Copies of the template, each for one test."""
    made = Copies(database_server, template, kept_engines)
    yield made
    made.end()


@pytest.fixture(scope="module")
def module_database(database_server: DatabaseServer, template: str) -> Iterator[TestDatabase]:
    """A migrated database that the tests of a module share, each beside what the others made."""
    with fresh_copy(database_server, template) as copy:
        yield copy


@pytest.fixture
def database(request: pytest.FixtureRequest, environment: pytest.MonkeyPatch) -> Iterator[TestDatabase]:
    """A migrated database that the system under test uses: as if fresh and empty, or the module's own.

    A module whose tests do not mind each other's rows says `pytestmark = pytest.mark.one_database`, and a
    test that looks at plans is marked with new_database.
    """
    with ExitStack() as stack:
        if request.node.get_closest_marker("one_database"):
            copy: TestDatabase = request.getfixturevalue("module_database")
            stack.callback(db.forget)
        else:
            copies: Copies = request.getfixturevalue("copies")
            copy = stack.enter_context(
                copies.one(new=request.node.get_closest_marker("new_database") is not None)
            )
        environment.setenv("DATABASE_URL", copy.requests_url)
        _forget()
        yield copy


@pytest.fixture(scope="session")
def unused_stand_in() -> dict[str, Resources]:
    """What is in this worker's stand-in, under its endpoint, while nobody has used it since it was made."""
    return {}


@pytest.fixture
def stand_in(
    request: pytest.FixtureRequest,
    aws_endpoint: str,
    unused_stand_in: dict[str, Resources],
    environment: pytest.MonkeyPatch,
) -> Iterator[Resources]:
    """An AWS that holds nothing but an empty bucket and empty queues, which the system under test uses."""
    resources = unused_stand_in.pop(aws_endpoint, None)
    if resources is None:
        aws_stand_in.reset(aws_endpoint)
        resources = aws_stand_in.create_resources(aws_endpoint, "test-files")
    for name, value in resources.environment().items():
        environment.setenv(name, value)
    _forget()
    yield resources
    if not (_asks_for_stand_in(request) or aws.is_used()):
        unused_stand_in[aws_endpoint] = resources


def _asks_for_stand_in(request: pytest.FixtureRequest) -> bool:
    """Whether the test, or one of its fixtures but `client`, may have used it past the system under test."""
    info = request.node._fixtureinfo
    through = {"client", "stand_in", "pump"}
    asked = [found[-1].argnames for name, found in info.name2fixturedefs.items() if name not in through]
    return any({"stand_in", "pump", "aws_endpoint"} & set(names) for names in (info.argnames, *asked))


@pytest.fixture
def client(database: TestDatabase, stand_in: Resources) -> Client:
    """An HTTP client without a token; client.signed_in_as(user) has one."""
    return Client()


@pytest.fixture
def pump(database: TestDatabase, stand_in: Resources) -> Pump:
    """Delivers queue messages, bucket events and clock ticks when told to."""
    import app

    return Pump(app, stand_in)


def _forget() -> None:
    db.forget()
    viewer.forget()
    aws.forget()
    settings.cache_clear()
