"""The demo data that `make run` begins with."""

import pytest

from chalicelib import db, signals
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from devstack import demo
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

# Never stored: it goes to a payment provider and is forgotten.
WITHOUT_ROWS = {"charge"}


@pytest.fixture
def demo_database(database: TestDatabase) -> TestDatabase:
    with db.transaction() as session, signals.muted():
        demo.create(session)
    return database


def test_every_noun_can_be_looked_at(demo_database: TestDatabase, client: Client) -> None:
    admin = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    empty = [
        resource.type
        for resource in REGISTRY
        if resource.type not in WITHOUT_ROWS and not _rows(demo_database, resource)
    ]
    assert empty == [], "devstack/demo_nouns.json has rows of nouns that ask for nothing but an event"
    for resource in REGISTRY:
        if "list" in resource.methods:
            assert admin.get(f"/v1/{resource.path}").data, resource.type


def test_the_demo_is_made_once(demo_database: TestDatabase) -> None:
    with db.transaction() as session:
        assert demo.is_there(session)


def _rows(database: TestDatabase, resource: Resource) -> int:
    counted: int = database.one(f"SELECT count(*) FROM {resource.from_sql} x")
    return counted
