"""Fixtures of all tests: database, client, stand_in, pump, signals_on."""

import gc
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import Any

import hypothesis
import pytest

from chalicelib import aws, db, signals
from chalicelib.auth import viewer
from chalicelib.settings import settings
from devstack import aws_stand_in
from devstack.aws_stand_in import Resources
from devstack.stripe_stand_in import StripeStandIn
from tests.support import apart, clients, engines, hashing, session_state
from tests.support.copies import Copies
from tests.support.cost import Cost
from tests.support.databases import TestDatabase, fresh_copy, make_template
from tests.support.engines import Engines
from tests.support.http_client import Client
from tests.support.outside import Watch
from tests.support.pump import Pump
from tests.support.servers import DatabaseServer, OwnPostgres, own_stand_in

_POSTGRES = pytest.StashKey[OwnPostgres]()
_GARBAGE = (20_000, 20, 20)  # the default is (700, 10, 10)
_KEY = "test:a-secret-that-only-tests-know-and-nobody-else"

# Hypothesis: no deadlines, deterministic.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("suite")


def _started(config: pytest.Config) -> OwnPostgres:
    if _POSTGRES not in config.stash:
        config.stash[_POSTGRES] = OwnPostgres()
    return config.stash[_POSTGRES]


def pytest_configure(config: pytest.Config) -> None:
    """Report the suite's CPU time at the end."""
    config.pluginmanager.register(
        Cost(lambda: config.stash[_POSTGRES].cpu_seconds() if _POSTGRES in config.stash else 0.0)
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while the tests are loaded, since all of it stays: 6 s of each worker."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not look at it again, 0.2 to 0.6 s each time.

    It looks at the rest less often than by default, which took 5 % of the suite's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: the controller starts PostgreSQL and passes its URL to each worker."""
    address = _started(node.config).address
    node.workerinput["database_server"] = (address.url, address.run)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop PostgreSQL where it was started."""
    if _POSTGRES in config.stash:
        config.stash[_POSTGRES].stop()
        del config.stash[_POSTGRES]


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> DatabaseServer:
    """The PostgreSQL server."""
    given = getattr(request.config, "workerinput", {}).get("database_server")
    return DatabaseServer(*given) if given else _started(request.config).address


@pytest.fixture(scope="session")
def template(database_server: DatabaseServer) -> str:
    """The name of the migrated template database."""
    return make_template(database_server)


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """The URL of this worker's stand-in for AWS."""
    with own_stand_in() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def watch() -> Watch:
    """What notes requests to third parties from transactions that hold row locks."""
    return Watch()


@pytest.fixture(autouse=True)
def nobody_waits_for_third_parties(watch: Watch) -> Iterator[None]:
    """Fail a test in which a third party was asked while rows were locked."""
    watch.found.clear()
    yield
    assert watch.found == [], "a third party was asked while rows of these tables were locked"


@pytest.fixture(autouse=True)
def sessions_are_left_as_they_were(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test in which the product left state in a session of PostgreSQL, beyond its transaction.

    A test that counts the product's own instructions is marked with unwatched.
    """
    if request.node.get_closest_marker("unwatched"):
        yield
        return
    with session_state.noted(monkeypatch) as found:
        yield
    assert found == [], "a pooler would give this to another client"


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """Reuse password hashes and clients of AWS; threads have connections of their own."""
    with hashing.made_once(), clients.kept(), apart.connections():
        yield


@pytest.fixture(scope="session")
def stripe_connect() -> Iterator[str]:
    """The URL of a stand-in for Stripe that connects accounts."""
    server = StripeStandIn(pays=False)
    yield server.url
    server.close()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, stripe_connect: str) -> Iterator[pytest.MonkeyPatch]:
    """Environment variables of every test; services are unreachable until a fixture sets their URL."""
    databases = ("DATABASE_URL", "DATABASE_URL_PARAMETER")
    ours = (*databases, *(f"MIGRATION_{name}" for name in databases), "JWT_KEYS_PARAMETER")
    queues = ("BUCKET", "TASKS_QUEUE_URL", "DEAD_LETTERS_URL")
    for name in (*ours, *queues, *aws_stand_in.ELSEWHERE):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        **aws_stand_in.CREDENTIALS,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # unreachable
        "AWS_REGION": aws_stand_in.REGION,
        "STAGE": "test",
        "JWT_KEYS": _KEY,
        "COOKIE_SECURE": "false",
        "MAIL_FROM": aws_stand_in.MAIL_FROM,
        "MEDIA_URL": "https://media.example.org",
        "API_URL": "https://api.example.org",
        "LIMITS": "off",
        "STRIPE_API_URL": "http://127.0.0.1:9",
        "STRIPE_CONNECT_URL": stripe_connect,
        "PAYPAL_API_URL": "http://127.0.0.1:9",
        "PAYPAL_SANDBOX_API_URL": "http://127.0.0.1:9",
        "PAPER_PATIENCE": "0",
    }.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield monkeypatch
    _forget()


@pytest.fixture
def signals_on() -> None:
    """Unmute signals, and so enqueue tasks."""


@pytest.fixture
def limits_on(environment: pytest.MonkeyPatch) -> None:
    """Turn rate limits on, as in production; by default they are off in tests."""
    environment.delenv("LIMITS")
    settings.cache_clear()


@pytest.fixture(autouse=True)
def silence(request: pytest.FixtureRequest) -> Iterator[None]:
    """Mute signals, so that no task is enqueued, unless the test uses `pump` or `signals_on`.

    Receivers registered by the test itself are called.
    """
    if {"pump", "signals_on"} & set(request.fixturenames):
        yield
    else:
        with signals.muted():
            yield


@pytest.fixture(scope="session")
def kept_engines() -> Iterator[Engines]:
    """Engines reused across tests with the same database."""
    with engines.kept() as kept:
        yield kept


@pytest.fixture(scope="session")
def copies(database_server: DatabaseServer, template: str, kept_engines: Engines) -> Iterator[Copies]:
    """Copies of the template, each for one test."""
    made = Copies(database_server, template, kept_engines)
    yield made
    made.end()


@pytest.fixture(scope="module")
def module_database(
    database_server: DatabaseServer, template: str, kept_engines: Engines
) -> Iterator[TestDatabase]:
    """A migrated database shared by the tests of a module."""
    with fresh_copy(database_server, template) as copy:
        yield copy
        kept_engines.dispose(copy.name)


@pytest.fixture
def database(request: pytest.FixtureRequest, environment: pytest.MonkeyPatch) -> Iterator[TestDatabase]:
    """A migrated database for the system under test: as if new, or shared by the module.

    A module whose tests do not depend on each other's rows has `pytestmark = pytest.mark.one_database`; a
    test that looks at plans is marked with new_database.
    """
    with ExitStack() as stack:
        if request.node.get_closest_marker("one_database"):
            copy: TestDatabase = request.getfixturevalue("module_database")
            engines: Engines = request.getfixturevalue("kept_engines")
            engines.touch()
            stack.callback(engines.keep)
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
    """The resources of this worker's stand-in, by endpoint, while they are unused."""
    return {}


@pytest.fixture
def stand_in(
    request: pytest.FixtureRequest,
    aws_endpoint: str,
    unused_stand_in: dict[str, Resources],
    environment: pytest.MonkeyPatch,
) -> Iterator[Resources]:
    """An empty stand-in for AWS, used by the system under test: a bucket and queues."""
    resources = unused_stand_in.pop(aws_endpoint, None)
    if resources is None:
        resources = aws_stand_in.begin_anew(aws_endpoint, "test-files")
    for name, value in resources.environment().items():
        environment.setenv(name, value)
    _forget()
    yield resources
    if not (_asks_for_stand_in(request) or aws.is_used()):
        unused_stand_in[aws_endpoint] = resources


def _asks_for_stand_in(request: pytest.FixtureRequest) -> bool:
    """Whether the test, or a fixture other than `client`, may have used it directly."""
    info = request.node._fixtureinfo
    through = {"client", "stand_in", "pump"}
    asked = [value[-1].argnames for name, value in info.name2fixturedefs.items() if name not in through]
    return any({"stand_in", "pump", "aws_endpoint"} & set(names) for names in (info.argnames, *asked))


@pytest.fixture
def client(database: TestDatabase, stand_in: Resources) -> Client:
    """An anonymous HTTP client; client.signed_in_as(user) has a token."""
    return Client()


@pytest.fixture
def pump(database: TestDatabase, stand_in: Resources) -> Pump:
    """Delivers queue messages, bucket events and schedules on demand."""
    import app

    return Pump(app, stand_in)


def _forget() -> None:
    db.forget()
    viewer.forget()
    aws.forget()
    settings.cache_clear()
