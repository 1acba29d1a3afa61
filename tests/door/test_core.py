"""The core of the door page, in Node.js: online, offline, and back, at the API itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.door.node_door import NodeDoor, serving
from tests.door.scene import Scene
from tests.door.test_door_devices import made
from tests.door.test_ticket_codes import code_of, sign
from tests.factories import stored
from tests.factories.session import make_session
from tests.factories.ticket import make_ticket
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


def test_two_doors_go_on_without_a_network_and_merge(scene: Scene, api: str) -> None:
    holders = [scene.holder(firstname=f"N{place}") for place in range(4)]
    codes = [scene.code(holder) for holder in holders]
    doors = [NodeDoor(api), NodeDoor(api)]
    try:
        for place, device in enumerate(doors):
            device("pair", made(scene, name=("East", "West")[place])["pairing"]["token"])
            device("sync")
            off(device)
        east, west = doors
        assert all(east.scan(code)["admitted"] for code in codes[:3])
        for device in doors:
            device("world", {"offset": 600_000})  # ten minutes pass
        assert all(west.scan(code)["admitted"] for code in codes[2:])
        assert west.scan(codes[3])["reason"] == "already-in"
        assert on(west)["queued"] == 0  # who came later is there first
        told = scene.crew.get(f"/v1/events/{scene.event.id}/door-conflicts").json["conflicts"]
        assert told == []
        assert on(east)["queued"] == 0
        (conflict,) = scene.crew.get(f"/v1/events/{scene.event.id}/door-conflicts").json["conflicts"]
        assert conflict["attendee"]["name"].startswith("N2")
        assert (conflict["before"]["device_name"], conflict["scan"]["device_name"]) == ("East", "West")
        # Each knows by now of whom the other has let in.
        for device in doors:
            device("sync")
            off(device)
            assert [device.scan(code)["reason"] for code in codes] == ["already-in"] * 4
    finally:
        for device in doors:
            device.close()


def test_an_answer_that_is_lost_has_one_effect(scene: Scene, door: NodeDoor) -> None:
    holder = scene.holder()
    door("sync")
    door("world", {"answers": False})  # the request arrives, the answer does not
    verdict = door.scan(scene.code(holder))
    assert (verdict["admitted"], verdict["offline"]) == (True, True)
    assert on(door)["queued"] == 0
    shown = scene.crew.get(f"/v1/attendees/{holder.id}").data["attributes"]
    assert len(shown["checkin-times"].split(",")) == 1
    assert scene.crew.get(f"/v1/events/{scene.event.id}/door-conflicts").json["conflicts"] == []
    assert scene.database.one("SELECT count(*) FROM door_scans") == 1


def test_a_clock_that_jumps_moves_no_scan(scene: Scene, door: NodeDoor) -> None:
    first, second = scene.holder(), scene.holder()
    door("world", {"jumps": -86_400_000})  # it is a day behind
    door("sync")
    off(door)
    assert door.scan(scene.code(first))["admitted"]
    door("world", {"jumps": 0})  # somebody sets it right
    assert door.scan(scene.code(second))["admitted"]
    assert on(door)["queued"] == 0
    scans = scene.crew.get(f"/v1/events/{scene.event.id}/door-scans").json["scans"]
    ages = [
        abs(
            (datetime.fromisoformat(scan["received_at"]) - datetime.fromisoformat(scan["at"])).total_seconds()
        )
        for scan in scans
    ]
    assert len(ages) == 2
    assert max(ages) < 60


def test_a_revoked_device_forgets_its_list_and_hands_its_scans_in(scene: Scene, door: NodeDoor) -> None:
    holder = scene.holder(firstname="Ada")
    door("sync")
    off(door)
    assert door.scan(scene.code(holder))["admitted"]
    owner, address = scene.as_role("owner"), f"/v1/events/{scene.event.id}/door-devices"
    assert owner.delete(f"{address}/{owner.get(address).json[0]['id']}").status == 200
    state = on(door)
    assert (state["revoked"], state["people"], state["queued"]) == (True, 0, 0)
    verdict = door.scan(scene.code(holder))
    assert (verdict["admitted"], verdict["reason"]) == (False, "device-revoked")
    (conflict,) = scene.crew.get(f"/v1/events/{scene.event.id}/door-conflicts").json["conflicts"]
    assert conflict["reason"] == "device-revoked"
    assert door("reload")["revoked"] is True


def test_a_scan_that_the_api_refuses_holds_up_no_other(scene: Scene, door: NodeDoor) -> None:
    holders = [scene.holder() for _ in range(5)]
    door("sync")
    off(door)
    for place, holder in enumerate(holders):
        door.scan(scene.code(holder) if place != 2 else "a\0b")
    state = on(door)
    assert (state["queued"], state["refused"]) == (0, 1)
    assert scene.database.one("SELECT count(*) FROM attendees WHERE is_checked_in") == 4


def test_at_a_gate_it_knows_kinds_hours_and_the_day(scene: Scene, api: str) -> None:
    now = clock.now()
    desk = scene.station("registration", opens_at=now + timedelta(hours=1))
    holder = scene.holder()
    vip = scene.holder(ticket=stored(make_ticket, event=scene.event, admits_from=now - timedelta(hours=1)))
    late = stored(make_ticket, event=scene.event, admits_until=now - timedelta(hours=1))
    over = scene.holder(ticket=late)
    links = {"data": [{"type": "ticket", "id": str(each)} for each in (vip.ticket_id, late.id)]}
    assert scene.as_role("owner").patch(f"/v1/stations/{desk.id}/relationships/tickets", links).status < 300
    device = NodeDoor(api)
    try:
        device("pair", made(scene, station=str(desk.id))["pairing"]["token"])
        device("sync")
        for is_online in (True, False):
            device("world", {"isOnline": is_online})
            reasons = [device.scan(scene.code(person))["reason"] for person in (over, holder, vip)]
            assert reasons == ["not-today", "too-early", "too-early"]
        device("world", {"offset": 2 * 3_600_000})
        assert device.scan(scene.code(holder))["reason"] == "wrong-kind"
        assert device.scan(scene.code(holder), force=True)["forced"]
        assert device.scan(scene.code(vip))["admitted"]
        assert device.scan(scene.code(vip))["reason"] == "already-in"
        assert device.scan(scene.code(vip), direction="out")["reason"] == "unknown-station"
        assert device.scan(scene.code(vip), station="99999999")["reason"] == "unknown-station"
    finally:
        device.close()


def test_in_rooms_it_knows_sessions(scene: Scene, api: str) -> None:
    hour = timedelta(hours=1)
    begins = clock.now() - hour / 2
    room, _ = scene.room_with_talk(starts_at=begins, ends_at=begins + hour)
    stored(
        make_session, event=scene.event, state="accepted", microlocation_id=room.id,
        starts_at=begins + 2 * hour, ends_at=begins + 3 * hour,
    )  # fmt: skip
    entrance, exit_ = scene.station("check in", room), scene.station("check out", room)
    people = [scene.holder() for _ in range(2)]
    device = NodeDoor(api)
    try:
        device("pair", made(scene, station=str(entrance.id))["pairing"]["token"])
        device("sync")
        # Online and offline the same.
        for holder, is_online in zip(people, (True, False), strict=True):
            device("world", {"isOnline": is_online})
            code = scene.code(holder)
            reasons = [device.scan(code)["reason"], device.scan(code)["reason"]]
            assert reasons == ["admitted", "already-in"], is_online
        device("world", {"isOnline": True})
        device("sync")
        device("world", {"isOnline": False})
        assert [device.scan(scene.code(holder))["reason"] for holder in people] == ["already-in"] * 2
        device("world", {"offset": 45 * 60_000})  # between the sessions
        assert device.scan(scene.code(people[0]))["reason"] == "not-this-room"
        device("world", {"offset": 80 * 60_000})  # the next one begins soon
        for holder in people:
            assert [device.scan(scene.code(holder))["reason"] for _ in range(2)] == ["admitted", "already-in"]
        assert device.scan(scene.code(people[0]), direction="out")["reason"] == "not-this-room"
        device("world", {"offset": 100 * 60_000})
        left = [device.scan(scene.code(people[0]), direction="out")["reason"] for _ in range(2)]
        assert left == ["admitted", "already-out"]
        assert device("queue")[-1]["direction"] == "out"
        assert exit_.id
    finally:
        device.close()
