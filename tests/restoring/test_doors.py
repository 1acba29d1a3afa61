"""A device at a door that is ahead of the restored database notices, and learns its list anew."""

import pytest

from tests.door.scene import Scene
from tests.door.test_door_devices import made, pair
from tests.door.test_door_snapshot import DeviceList
from tests.restoring.conftest import Disaster
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


def test_a_list_of_the_lost_time_is_replaced_however_late_the_device_comes(
    client: Client, database: TestDatabase, disaster: Disaster
) -> None:
    scene = Scene(client, database)
    kept = scene.holder()
    device = pair(scene, made(scene))
    following = DeviceList(scene, device)
    following.sync()
    disaster.back_up()
    lost = scene.holder()
    following.sync()
    assert lost.id in following.entries

    restored = disaster.strike()
    scene.database = restored
    # So many transactions that numbers of the lost time are given again, before the device is back.
    sold = [scene.holder() for _ in range(30)][-1]
    following.sync()
    assert following.last["reset"] is True or lost.id not in following.entries
    assert lost.id not in following.entries
    assert {kept.id, sold.id} <= following.entries.keys()
    cursor = following.cursor
    following.sync()
    assert following.last["reset"] is False
    assert following.cursor.split(".")[1] == cursor.split(".")[1]


def test_devices_stay_paired_unless_the_operator_says_so_and_those_of_the_lost_time_are_refused(
    client: Client, database: TestDatabase, disaster: Disaster
) -> None:
    scene = Scene(client, database)
    device = pair(scene, made(scene))
    disaster.back_up()
    lost = pair(scene, made(scene))
    address = f"/v1/events/{scene.event.id}/door-snapshot"
    assert (device.get(address).status, lost.get(address).status) == (200, 200)
    disaster.strike()
    assert (device.get(address).status, lost.get(address).status) == (200, 401)


def test_devices_are_unpaired_where_the_operator_says_so(
    client: Client, database: TestDatabase, disaster: Disaster
) -> None:
    scene = Scene(client, database)
    device = pair(scene, made(scene))
    disaster.back_up()
    disaster.strike("--unpair")
    assert device.get(f"/v1/events/{scene.event.id}/door-snapshot").status == 401
