"""A backup of the test's database, and its restoration: what comes between is lost."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import aws, db
from chalicelib.auth import tokens, viewer
from chalicelib.cli.commands import main
from chalicelib.settings import settings
from devstack import database as databases
from devstack.stripe_stand_in import WEBHOOK_SECRET, StripeStandIn
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.localstripe import localstripe
from tests.support.payments import Counter
from tests.support.pump import Pump
from tests.support.servers import DatabaseServer

__all__ = ["localstripe"]

AFTER_RESTORING = 1000  # versions of tokens that a restoration leaves out


class Disaster:
    """`back_up()` is the moment; after `strike()` the system runs on the database of that moment."""

    def __init__(self, server: DatabaseServer, lost: TestDatabase, environment: pytest.MonkeyPatch) -> None:
        self._server, self._lost, self._environment = server, lost, environment
        self._name = f"{lost.address.rpartition('/')[2]}_restored"
        self.moment = self.lost_until = datetime.now(UTC)
        self.restored = TestDatabase(databases.named(server.url, self._name))

    def back_up(self) -> None:
        """Now is the moment that is restored later."""
        self._forget()
        self._lost.close()
        databases.clone(self._server.url, self._lost.address.rpartition("/")[2], self._name)
        self.moment = datetime.now(UTC)

    def strike(self, *arguments: str) -> TestDatabase:
        """The system is lost, and restored to the moment; `arguments` are those of `restored begin`."""
        self.lost_until = datetime.now(UTC)
        self._environment.setenv("DATABASE_URL", self.restored.requests_url)
        self._environment.setenv("MIGRATION_DATABASE_URL", self.restored.address)
        self._forget()
        when = ("--moment", self.moment.isoformat(), "--lost-until", self.lost_until.isoformat())
        assert main(["restored", "begin", *when, *arguments]) == 0
        return self.restored

    def _forget(self) -> None:
        settings.cache_clear()
        db.forget()
        viewer.forget()
        aws.forget()

    def end(self) -> None:
        """Drop what was made."""
        self._forget()
        self.restored.close()
        with suppress(Exception):
            databases.drop(self._server.url, self._name)


@pytest.fixture
def disaster(
    database_server: DatabaseServer, database: TestDatabase, environment: pytest.MonkeyPatch
) -> Iterator[Disaster]:
    """For a module that is marked with one_database."""
    made = Disaster(database_server, database, environment)
    yield made
    made.end()


@pytest.fixture
def counter(
    client: Client,
    database: TestDatabase,
    localstripe: StripeStandIn,
    pump: Pump,
    environment: pytest.MonkeyPatch,
) -> Counter:
    """A ticket counter."""
    for name in ("STRIPE_API_URL", "STRIPE_CONNECT_URL"):
        environment.setenv(name, localstripe.url)
    environment.setenv("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
    settings.cache_clear()
    return Counter(client, database, localstripe, pump)


def again(client: Client, who: Any) -> Client:
    """Somebody who has signed in again after the restoration."""
    return client.signed_in_as(tokens.access_token(who.id, fresh=True, version=AFTER_RESTORING))


def in_the_next_second() -> None:
    """What is written from now on has another second, which is what S3 notes."""
    time.sleep(1 - time.time() % 1)
