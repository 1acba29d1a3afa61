"""Tokens of devices open what is declared for them, and else nothing that is not open to everybody."""

from typing import Any, Final

import pytest

from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.door.scene import Scene
from tests.door.test_door_devices import made, pair
from tests.factories import maker, stored
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

# What the token of a device at the door is for.
OPENED: Final = {
    ("POST", "/v1/events/{id}/check-ins"),
    ("POST", "/v1/events/{id}/check-ins/batch"),
    ("GET", "/v1/events/{event}/attendees/search"),
    ("GET", "/v1/events/{id}/door-snapshot"),
    ("GET", "/v1/events/{id}/door-overview"),
}


@pytest.fixture
def scene(client: Client, database: TestDatabase) -> Scene:
    return Scene(client, database)


def test_every_type_is_read_as_by_anybody(scene: Scene) -> None:
    device = pair(scene, made(scene))
    for resource in REGISTRY:
        if resource.model is None or "read" not in resource.methods:
            continue
        row = stored(maker(resource.type))
        for address in (f"/v1/{resource.path}/{row.id}", *_lists(resource, scene)):
            anybody, with_token = scene.client.get(address), device.get(address)
            if (anybody.status, with_token.status) == (401, 200):
                assert with_token.data == [], address
                continue
            assert with_token.status in _alike(anybody.status), address
            if anybody.status == 200:
                assert with_token.json.get("data") == anybody.json.get("data"), address


def test_every_action_is_refused_as_to_anybody(scene: Scene) -> None:
    device, holder = pair(scene, made(scene)), scene.holder()
    names = {"event": scene.event.id, "attendee": holder.id, "order": holder.order_id}
    for action in (action for alike in ACTIONS.values() for action in alike):
        if (action.method, "/" + "/".join(action.pattern)) in OPENED:
            continue
        parts = [
            str(names.get(part[1:-1], scene.event.id)) if part.startswith("{") else part
            for part in action.pattern
        ]
        address = "/" + "/".join(parts)
        sent: Any = {} if action.method in {"POST", "PATCH", "DELETE"} else None
        anybody = scene.client.request(action.method, address, sent)
        with_token = device.request(action.method, address, sent)
        assert with_token.status in _alike(anybody.status), (action.method, address, with_token.text)


def _alike(status: int) -> set[int]:
    """Whoever is known by a token is told 403 or 404 where others are told to sign in."""
    return {status, 400, 403, 404, 409, 415, 422} if status >= 400 else {status}


def _lists(resource: Resource, scene: Scene) -> list[str]:
    relation = REGISTRY.relations[resource.type].get("event")
    path = f"/v1/events/{scene.event.id}/{resource.path}" if relation is not None else None
    return [path for path in (path, f"/v1/{resource.path}") if path is not None]
