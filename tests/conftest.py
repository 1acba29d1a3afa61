"""What every test can ask for by name: database, client, stand_in, pump, signals_on."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

from chalicelib import aws, db, signals
from chalicelib.auth import viewer
from chalicelib.settings import settings
from devstack import aws_stand_in
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase, fresh_copy, make_template
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
    }.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield monkeypatch
    _forget()


@pytest.fixture
def signals_on() -> None:
    """Ask for what follows from signals: messages in the outbox, and so in the queue."""


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


@pytest.fixture
def database(
    database_server: DatabaseServer, template: str, environment: pytest.MonkeyPatch
) -> Iterator[TestDatabase]:
    """A fresh, migrated, empty database that the system under test uses."""
    with fresh_copy(database_server, template) as copy:
        environment.setenv("DATABASE_URL", copy.requests_url)
        _forget()
        yield copy
        db.forget()


@pytest.fixture
def stand_in(aws_endpoint: str, environment: pytest.MonkeyPatch) -> Resources:
    """An AWS that holds nothing but an empty bucket and empty queues, which the system under test uses."""
    aws_stand_in.reset(aws_endpoint)
    resources = aws_stand_in.create_resources(aws_endpoint, "test-files")
    for name, value in resources.environment().items():
        environment.setenv(name, value)
    _forget()
    return resources


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
