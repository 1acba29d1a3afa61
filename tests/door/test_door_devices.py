"""Devices at the door: paired once to one event and gate, without an account; revoked from afar."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.door.scene import Scene
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client


@pytest.fixture
def scene(client: Client, database: TestDatabase) -> Scene:
    return Scene(client, database)


def made(scene: Scene, **sent: Any) -> dict[str, Any]:
    reply = scene.as_role("coorganizer").post(
        f"/v1/events/{scene.event.id}/door-devices", {"name": "Door 1", **sent}
    )
    assert reply.status == 200, reply.text
    told: dict[str, Any] = reply.json
    return told


def pair(scene: Scene, device: dict[str, Any]) -> Client:
    reply = scene.client.post("/v1/door-devices/pair", {"data": {"token": device["pairing"]["token"]}})
    assert reply.status == 200, reply.text
    return scene.client.signed_in_as(str(reply.json["access_token"]))


def test_a_paired_device_checks_in_and_searches_and_does_nothing_else(scene: Scene) -> None:
    holder = scene.holder(firstname="Ada", lastname="Lovelace", email="ada@example.org")
    device = pair(scene, made(scene))
    address = f"/v1/events/{scene.event.id}"
    found = device.get(f"{address}/attendees/search?q=ada").json
    assert [(person["lastname"], person["email"]) for person in found] == [("Lovelace", None)]
    assert scene.crew.get(f"{address}/attendees/search?q=ada").json[0]["email"] == "ada@example.org"
    assert scene.scan(holder, by=device, device_name="Mine")["admitted"]
    batch = {"scans": [{"nonce": "offline", "code": scene.code(holder), "direction": "out"}]}
    assert device.post(f"{address}/check-ins/batch", batch).json["results"][0]["admitted"]
    shown = scene.crew.get(f"/v1/attendees/{holder.id}").data["attributes"]
    assert shown["device-name-checkin"] == "Door 1"
    refused = [
        device.get(f"/v1/attendees/{holder.id}"),
        device.get(f"{address}/attendees"),
        device.get(f"/v1/attendees/{holder.id}/ticket-code"),
        device.post(f"/v1/attendees/{holder.id}/ticket-code", {"reason": "lost"}),
        device.get(f"{address}/door-devices"),
        device.post(f"{address}/door-devices", {"name": "Another"}),
        device.get(f"/v1/orders/{holder.order_id}"),
    ]
    assert all(reply.status in {401, 403, 404} for reply in refused), [reply.status for reply in refused]
    other = Scene(scene.client, scene.database)
    assert other.send(other.holder(), by=device).status == 403
    draft = stored(make_event, state="draft")
    assert device.post(f"/v1/events/{draft.id}/check-ins", {"nonce": "n", "code": "x"}).status == 404


def test_a_code_pairs_once_and_for_a_while(scene: Scene) -> None:
    device = made(scene)
    body = {"data": {"token": device["pairing"]["token"]}}
    assert scene.client.post("/v1/door-devices/pair", body).status == 200
    assert scene.client.post("/v1/door-devices/pair", body).status == 404
    late = {"data": {"token": made(scene)["pairing"]["token"]}}
    past = clock.now() - timedelta(minutes=1)
    scene.database.run("UPDATE door_devices SET pairing_ends_at = :past", past=past)
    assert scene.client.post("/v1/door-devices/pair", late).status == 404
    assert (
        scene.database.one(
            "SELECT count(*) FROM door_devices WHERE hash = :token", token=late["data"]["token"]
        )
        == 0
    )


def test_a_device_is_revoked_from_afar(scene: Scene) -> None:
    told, owner = made(scene), scene.as_role("owner")
    device, address = pair(scene, told), f"/v1/events/{scene.event.id}/door-devices"
    assert scene.scan(scene.holder(), by=device)["admitted"]
    (listed,) = owner.get(address).json
    assert (listed["name"], listed["revoked_at"]) == ("Door 1", None)
    assert listed["seen_at"]
    assert owner.delete(f"{address}/{told['id']}").status == 200
    assert scene.send(scene.holder(), by=device).status == 401
    assert owner.get(address).json[0]["revoked_at"]
    unpaired = made(scene)
    assert owner.delete(f"{address}/{unpaired['id']}").status == 200
    body = {"data": {"token": unpaired["pairing"]["token"]}}
    assert scene.client.post("/v1/door-devices/pair", body).status == 404
    elsewhere = Scene(scene.client, scene.database).as_role("owner")
    assert elsewhere.delete(f"{address}/{told['id']}").status == 403


def test_a_device_is_for_its_gate(scene: Scene) -> None:
    desk, other = scene.station("registration"), scene.station("registration")
    device, holder = pair(scene, made(scene, station=str(desk.id))), scene.holder()
    refused = scene.send(holder, by=device, station=other.id)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/station")
    assert scene.scan(holder, by=device)["admitted"]
    assert scene.scan(holder, by=device, station=desk.id)["reason"] == "already-in"
    assert scene.scan(holder)["admitted"]  # at the event's own door
    assert scene.database.one("SELECT count(*) FROM door_scans WHERE device_id IS NOT NULL") == 2
    foreign = Scene(scene.client, scene.database).station("registration")
    address, owner = f"/v1/events/{scene.event.id}/door-devices", scene.as_role("owner")
    for sent, pointer in (
        ({"name": "D", "station": foreign.id}, "/station"),
        ({"name": " "}, "/name"),
        ({"name": "D", "color": 1}, "/color"),
    ):
        wrong = owner.post(address, sent)
        assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (422, pointer)


def test_a_device_ends_with_its_station(scene: Scene) -> None:
    """Without a gate of its own it would be for all of them."""
    desk, other = scene.station("registration"), scene.station("registration")
    told = made(scene, station=str(desk.id))
    device, waiting, owner = pair(scene, told), made(scene, station=str(desk.id)), scene.as_role("owner")
    elsewhere = pair(scene, made(scene, station=str(other.id)))
    assert owner.delete(f"/v1/stations/{desk.id}").status == 200
    for more in ({}, {"station": other.id}):
        assert scene.send(scene.holder(), by=device, **more).status == 401
    late = {"data": {"token": waiting["pairing"]["token"]}}
    assert scene.client.post("/v1/door-devices/pair", late).status == 404
    listed = owner.get(f"/v1/events/{scene.event.id}/door-devices").json
    assert [bool(each["revoked_at"]) for each in listed] == [False, True, True]
    assert scene.scan(scene.holder(), by=elsewhere)["admitted"]


def test_the_team_alone_has_devices(scene: Scene) -> None:
    address = f"/v1/events/{scene.event.id}/door-devices"
    stranger = scene.client.signed_in_as(stored(make_user))
    for asking, status in ((scene.client, 401), (stranger, 403), (scene.crew, 403)):
        assert asking.post(address, {"name": "D"}).status == status
        assert asking.get(address).status == status
        assert asking.delete(f"{address}/1").status == status
