"""The demo data that `make run` begins with."""

from typing import Any

import pytest

from chalicelib import db, signals
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from devstack import demo, demo_door
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

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


def _paired(client: Client, secret: dict[str, Any]) -> tuple[list[str], Reply]:
    """What the second of two starts says, and the answer to the device, which is paired once."""
    said = [_start(), _start()][-1]
    assert said[0].startswith("the door: http://127.0.0.1:8000/door#pair=demo-door-device")
    paired = client.post("/v1/door-devices/pair", secret)
    assert paired.status == 200
    assert client.post("/v1/door-devices/pair", secret).status == 404
    return said, paired


def _start() -> list[str]:
    with db.transaction() as session:
        return demo_door.prepare(session, "http://127.0.0.1:8000")


def test_a_device_waits_for_the_door_at_each_start(demo_database: TestDatabase, client: Client) -> None:
    secret = {"data": {"token": demo_door.SECRET}}
    _paired(client, secret)
    said, paired = _paired(client, secret)
    device = client.signed_in_as(str(paired.json["access_token"]))
    scan = {"nonce": "1", "code": said[1].rpartition(" ")[2]}
    address = f"/v1/events/{paired.json['event']['id']}/check-ins"
    assert device.post(address, scan).json["admitted"]


def _rows(database: TestDatabase, resource: Resource) -> int:
    counted: int = database.one(f"SELECT count(*) FROM {resource.from_sql} x")
    return counted
