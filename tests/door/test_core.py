"""The core of the door page, in Node.js: online, offline, and back, at the API itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.door.node_door import NodeDoor, serving
from tests.door.scene import Scene
from tests.door.test_door_devices import made
from tests.door.test_ticket_codes import code_of, sign
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump


@pytest.fixture
def scene(client: Client, database: TestDatabase) -> Scene:
    return Scene(client, database)


@pytest.fixture
def api(client: Client) -> Iterator[str]:
    with serving(client) as address:
        yield address


@pytest.fixture
def door(scene: Scene, api: str) -> Iterator[NodeDoor]:
    device = NodeDoor(api)
    device("pair", made(scene)["pairing"]["token"])
    yield device
    device.close()


def off(device: NodeDoor) -> None:
    device("world", {"isOnline": False})


def on(device: NodeDoor) -> dict[str, Any]:
    device("world", {"isOnline": True, "answers": True})
    device("wake")
    state: dict[str, Any] = device("state")
    return state


def test_it_scans_online_and_offline_with_the_same_verdicts(scene: Scene, door: NodeDoor, pump: Pump) -> None:
    ada = scene.holder(firstname="Ada", lastname="Lovelace", attendee_notes="Speaks")
    bob, eve = scene.holder(firstname="Bob"), scene.holder("pending")
    sign(scene, pump)
    online = door.scan(scene.code(ada))
    assert (online["admitted"], online["offline"]) == (True, False)
    assert door("sync")["people"] == 2
    off(door)
    again = door.scan(scene.code(ada))
    assert (again["reason"], again["offline"], again["attendee"]["note"]) == ("already-in", True, "Speaks")
    order = scene.code(bob).rpartition("-")[0]
    first = door.scan(code_of(scene, bob)["code"])
    assert (first["reason"], first["attendee"]["ticket"]) == ("admitted", scene.ticket.name)
    assert first["attendee"]["name"].startswith("Bob")
    for text in (f"{order}-{bob.id}", scene.code(bob).upper()):
        assert door.scan(text)["reason"] == "already-in"
    assert door.scan(scene.code(bob), direction="out")["admitted"]
    assert door.scan(scene.code(bob), direction="out")["reason"] == "already-out"
    assert door.scan(scene.code(eve))["reason"] == "unpaid"
    assert door.scan("rubbish")["reason"] == "unknown"
    assert door("scan", {"search": "ada"})["reason"] == "offline-search"
    state = door("state")
    assert (state["online"], state["queued"]) == (False, 8)
    reloaded = door("reload")
    assert (reloaded["queued"], reloaded["people"]) == (8, 2)
    assert door.scan(scene.code(bob))["reason"] == "admitted"
    assert on(door)["queued"] == 0
    shown = scene.crew.get(f"/v1/attendees/{bob.id}").data["attributes"]
    assert len(shown["checkin-times"].split(",")) == 2
    assert shown["is-checked-out"] is False


def test_a_genuine_code_that_is_not_in_the_list_yet_is_let_in_by_force(
    scene: Scene, door: NodeDoor, pump: Pump
) -> None:
    scene.holder()
    sign(scene, pump)
    door("sync")
    late = scene.holder()
    assert scene.crew.post(f"/v1/attendees/{late.id}/ticket-code").status == 200
    pump.everything()
    code = code_of(scene, late)["code"]
    off(door)
    assert door.scan(code)["reason"] == "not-in-list"
    assert door.scan(code[:-3] + "AAA")["reason"] == "unknown"
    forced = door.scan(code, force=True)
    assert (forced["admitted"], forced["forced"]) == (True, True)
    assert on(door)["queued"] == 0
    assert scene.crew.get(f"/v1/attendees/{late.id}").data["attributes"]["is-checked-in"]


def test_what_it_keeps_is_unreadable(scene: Scene, door: NodeDoor) -> None:
    ada = scene.holder(firstname="Ada", lastname="Lovelace", attendee_notes="Speaks")
    door("sync")
    kept = door("kept")
    order = scene.code(ada).rpartition("-")[0]
    assert not any(secret in kept for secret in ("Ada", "Lovelace", "Speaks", order))
    assert door("unpair") is None
    assert (door("state")["people"], door("state")["paired"]) == (0, None)
    assert "error" in door.scan("x")
