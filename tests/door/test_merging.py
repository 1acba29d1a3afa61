"""What devices have decided offline is merged by the times of the scans; what contradicts is reported."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib import clock, retention
from chalicelib.resources.onsite import old_door_scans
from tests.door.scene import Scene
from tests.door.test_door_devices import made, pair
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

_nonces = count(1)


@pytest.fixture
def scene(client: Client, database: TestDatabase) -> Scene:
    return Scene(client, database)


def scanned(code: str, ago: float, *, admitted: bool = True, **more: Any) -> dict[str, Any]:
    """A scan that a device has made some minutes ago, by its clock."""
    offline = {"admitted": admitted, "reason": "admitted" if admitted else "already-in"}
    at = (clock.now() - timedelta(minutes=ago)).isoformat()
    return {"nonce": f"o{next(_nonces)}", "code": code, "device_time": at, "offline": offline, **more}


def send(scene: Scene, by: Client, *scans: dict[str, Any], behind: float = 0) -> Reply:
    """A batch, of a device whose clock is some minutes behind."""
    sent_at = (clock.now() - timedelta(minutes=behind)).isoformat()
    address = f"/v1/events/{scene.event.id}/check-ins/batch"
    return by.post(address, {"sent_at": sent_at, "scans": [*scans]})


def results(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200, reply.text
    told: list[dict[str, Any]] = reply.json["results"]
    return told


def conflicts(scene: Scene) -> list[dict[str, Any]]:
    reply = scene.crew.get(f"/v1/events/{scene.event.id}/door-conflicts")
    assert reply.status == 200, reply.text
    told: list[dict[str, Any]] = reply.json["conflicts"]
    return told


def attendee(scene: Scene, holder: Any) -> dict[str, Any]:
    shown: dict[str, Any] = scene.crew.get(f"/v1/attendees/{holder.id}").data["attributes"]
    return shown


def two_doors(scene: Scene) -> tuple[Client, Client]:
    return pair(scene, made(scene, name="East")), pair(scene, made(scene, name="West"))


def test_an_earlier_scan_that_arrives_later_becomes_the_first(scene: Scene) -> None:
    east, west = two_doors(scene)
    holder = scene.holder(firstname="Ada", lastname="Lovelace")
    code = scene.code(holder)
    (later,) = results(send(scene, west, scanned(code, 5)))
    assert (later["reason"], later["conflict"]) == ("admitted", False)
    assert conflicts(scene) == []
    (earlier,) = results(send(scene, east, scanned(code, 9)))
    assert (earlier["reason"], earlier["admitted"], earlier["conflict"]) == ("admitted", True, False)
    (conflict,) = conflicts(scene)
    assert (conflict["reason"], conflict["attendee"]["name"]) == ("already-in", "Ada Lovelace")
    assert (conflict["scan"]["device_name"], conflict["before"]["device_name"]) == ("West", "East")
    assert conflict["before"]["at"] < conflict["scan"]["at"]
    times = attendee(scene, holder)["checkin-times"].split(",")
    assert times == sorted(times)
    assert len(times) == 2
    # A third one, between them and after both: each door is named once more.
    assert results(send(scene, east, scanned(code, 7)))[0]["conflict"]
    assert [each["reason"] for each in conflicts(scene)] == ["already-in", "already-in"]


def test_who_has_left_comes_again_without_a_conflict_in_any_order(scene: Scene) -> None:
    east, west = two_doors(scene)
    holder = scene.holder()
    code = scene.code(holder)
    steps = [scanned(code, 30), scanned(code, 20, direction="out"), scanned(code, 10)]
    for by, step in ((west, steps[2]), (east, steps[0]), (west, steps[1])):
        results(send(scene, by, step))
    # The middle one came last: until then it looked as if two doors had let them in; no more.
    assert [each["reason"] for each in conflicts(scene)] == []
    shown = attendee(scene, holder)
    assert (shown["is-checked-in"], shown["is-checked-out"]) == (True, False)
    assert len(shown["checkin-times"].split(",")) == 2
    assert len(shown["checkout-times"].split(",")) == 1


def test_who_leaves_by_another_door_is_outside_whichever_door_is_heard_first(scene: Scene) -> None:
    east, west = two_doors(scene)
    begins = clock.now() - timedelta(hours=1)
    room, _ = scene.room_with_talk(starts_at=begins, ends_at=begins + timedelta(hours=3))
    way_out = scene.station("check out", room)
    holder, guest = scene.holder(), scene.holder()
    (left,) = results(send(scene, east, scanned(scene.code(holder), 5, direction="out")))
    assert (left["reason"], left["admitted"], left["conflict"]) == ("not-in", True, False)
    shown = attendee(scene, holder)
    assert (shown["is-checked-in"], shown["is-checked-out"]) == (False, True)
    (came,) = results(send(scene, west, scanned(scene.code(holder), 9)))
    assert (came["reason"], came["conflict"]) == ("admitted", False)
    shown = attendee(scene, holder)
    assert (shown["is-checked-in"], shown["is-checked-out"]) == (True, True)
    assert scene.scan(holder)["admitted"]  # they come back
    shown = attendee(scene, holder)
    assert (shown["is-checked-in"], shown["is-checked-out"]) == (True, False)
    assert conflicts(scene) == []
    (left,) = results(send(scene, east, scanned(scene.code(guest), 5, station=str(way_out.id))))
    assert (left["reason"], left["admitted"], left["conflict"]) == ("not-in", True, False)
    steps = "SELECT count(*) FROM user_check_ins WHERE ticket_holder_id = :id"
    assert scene.database.one(steps, id=guest.id) == 1


def test_however_often_somebody_comes_former_apps_can_send_their_times(scene: Scene) -> None:
    east, _ = two_doors(scene)
    holder = scene.holder()
    code = scene.code(holder)
    for _ in range(2):
        scans = [scanned(code, 10 - place / 100, force=True) for place in range(500)]
        assert all(result["admitted"] for result in results(send(scene, east, *scans)))
    assert scene.scan(holder, force=True)["admitted"]
    times = attendee(scene, holder)["checkin-times"]
    assert len(times) <= 2_500
    assert times.split(",") == sorted(times.split(","))
    newest = scene.database.one("SELECT max(scanned_at) FROM door_scans")
    assert times.endswith(newest.isoformat(timespec="milliseconds"))
    assert scene.scan(holder, direction="out")["admitted"]
    devices = ",".join(f"Phone {place}" for place in range(40))
    scene.database.run("UPDATE attendees SET device_name_checkin = :names WHERE id = :id",
                       names=devices, id=holder.id)  # fmt: skip
    sent = {"device-name-checkin": f"{devices},Old app", "is-checked-in": True, "is-checked-out": False,
            "checkin-times": f"{times},{clock.now().isoformat()}"}  # fmt: skip
    reply = scene.crew.patch(f"/v1/attendees/{holder.id}", document("attendee", sent, holder.id))
    assert reply.status == 200, reply.text


def test_whom_a_door_lets_in_although_the_ticket_is_void_is_reported_and_not_checked_in(
    scene: Scene, pump: Pump
) -> None:
    east, _ = two_doors(scene)
    owner = scene.as_role("owner")
    cancelled, passed, unpaid = scene.holder(), scene.holder(), scene.holder("pending")
    codes = [scene.code(holder) for holder in (cancelled, passed, unpaid)]
    sent = document("order", {"status": "cancelled"}, cancelled.order_id)
    assert owner.patch(f"/v1/orders/{cancelled.order_id}", sent).status == 200
    assert owner.post(f"/v1/attendees/{passed.id}/ticket-code", {"reason": "transferred"}).status == 200
    told = results(send(scene, east, *(scanned(code, 5) for code in codes), scanned("rubbish", 5)))
    assert [each["reason"] for each in told] == ["cancelled", "transferred", "unpaid", "unknown"]
    assert all(each["admitted"] and each["conflict"] for each in told)
    assert {each["reason"] for each in conflicts(scene)} == {"cancelled", "transferred", "unpaid", "unknown"}
    assert scene.database.one("SELECT count(*) FROM attendees WHERE is_checked_in") == 0
    # Its new holder comes, and is not in yet.
    assert scene.scan(passed)["admitted"]


def test_whom_a_device_turned_away_has_not_come(scene: Scene) -> None:
    east, _ = two_doors(scene)
    holder = scene.holder()
    (told,) = results(send(scene, east, scanned(scene.code(holder), 5, admitted=False)))
    assert (told["admitted"], told["reason"], told["conflict"]) == (False, "already-in", False)
    assert not attendee(scene, holder)["is-checked-in"]
    assert conflicts(scene) == []
    forced = scanned(scene.code(holder), 3, force=True)
    assert results(send(scene, east, forced))[0]["admitted"]
    again = results(send(scene, east, scanned(scene.code(holder), 2, force=True)))[0]
    assert (again["admitted"], again["forced"], again["conflict"]) == (True, True, False)
    assert conflicts(scene) == []  # somebody at the door wanted it


def test_an_answer_that_was_lost_is_reconciled(scene: Scene) -> None:
    """The device waited in vain for the answer, and decided itself: what happened at the door counts."""
    east, _ = two_doors(scene)
    inside, outside = scene.holder(), scene.holder()
    assert scene.scan(inside)["admitted"]
    code = scene.code(inside)
    asked = scene.scan(by=east, code=code, nonce="lost-1")
    assert asked["reason"] == "already-in"
    late = {**scanned(code, 0), "nonce": "lost-1"}
    (told,) = results(send(scene, east, late))
    assert (told["admitted"], told["reason"], told["conflict"]) == (True, "already-in", True)
    assert results(send(scene, east, late))[0]["repeated"]
    assert [each["reason"] for each in conflicts(scene)] == ["already-in"]
    assert scene.scan(by=east, code=scene.code(outside), nonce="lost-2")["admitted"]
    refused = {**scanned(scene.code(outside), 1, admitted=False), "nonce": "lost-2"}
    results(send(scene, east, refused))
    assert {each["reason"] for each in conflicts(scene)} == {"already-in", "turned-away"}


def test_a_wrong_clock_is_corrected_and_an_absurd_time_is_now(scene: Scene) -> None:
    east, west = two_doors(scene)
    code = scene.code(scene.holder())
    # Three hours behind, it was the second; by its own clock it would be the first.
    (second,) = results(send(scene, east, scanned(code, 181), behind=180))
    assert second["clock"] == "corrected"
    (first,) = results(send(scene, west, scanned(code, 2)))
    assert first["reason"] == "admitted"
    (conflict,) = conflicts(scene)
    assert conflict["scan"]["device_name"] == "East"
    assert conflict["scan"]["clock"] == "corrected"
    for minutes in (-500, 60 * 24 * 40):  # the clock jumped between scan and sending
        (told,) = results(send(scene, east, scanned(scene.code(scene.holder()), minutes)))
        assert (told["clock"], told["admitted"]) == ("clamped", True)
    reply = send(scene, east, scanned(code, 0), behind=60 * 24 * 365 * 30)
    assert reply.json["skew_ms"] > 9e11
    a_day = results(send(scene, west, scanned(scene.code(scene.holder()), 60 * 24)))[0]
    assert (a_day["clock"], a_day["admitted"]) == (None, True)


def test_a_batch_that_is_sent_twice_at_once_has_one_effect(scene: Scene) -> None:
    east, _ = two_doors(scene)
    holders = [scene.holder() for _ in range(5)]
    batch = [scanned(scene.code(holder), 5) for holder in holders]
    with ThreadPoolExecutor(4) as pool:
        replies = [pool.submit(send, scene, east, *order) for order in (batch, batch[::-1], batch, batch)]
        told = [results(reply.result()) for reply in replies]
    assert sum(not each["repeated"] for reply in told for each in reply) == 5
    for holder in holders:
        assert len(attendee(scene, holder)["checkin-times"].split(",")) == 1
    assert conflicts(scene) == []
    assert scene.database.one("SELECT count(*) FROM door_scans") == 5


def test_two_doors_offline_send_the_same_tickets_at_once(scene: Scene) -> None:
    east, west = two_doors(scene)
    codes = [scene.code(scene.holder()) for _ in range(6)]
    first = [scanned(code, 10 + place) for place, code in enumerate(codes)]
    second = [scanned(code, 5 - place * 0.1) for place, code in enumerate(codes[::-1])]
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(send, scene, by, *scans) for by, scans in ((east, first), (west, second))]
        for each in sent:
            results(each.result())
    told = conflicts(scene)
    assert len(told) == 6
    assert {(each["scan"]["device_name"], each["before"]["device_name"]) for each in told} == {
        ("West", "East")
    }


def test_at_stations_it_counts_by_place_and_day(scene: Scene) -> None:
    desk = scene.station("registration")
    other = scene.station("registration")
    east = pair(scene, made(scene, name="East", station=str(desk.id)))
    west = pair(scene, made(scene, name="West", station=str(desk.id)))
    elsewhere = pair(scene, made(scene, name="North", station=str(other.id)))
    code = scene.code(scene.holder())
    results(send(scene, west, scanned(code, 1)))
    results(send(scene, elsewhere, scanned(code, 2)))
    assert conflicts(scene) == []
    (told,) = results(send(scene, east, scanned(code, 3)))
    assert told["reason"] == "admitted"
    (conflict,) = conflicts(scene)
    assert (conflict["scan"]["device_name"], conflict["before"]["device_name"]) == ("West", "East")


def test_a_revoked_device_hands_its_scans_in_for_review(scene: Scene) -> None:
    told, owner = made(scene, name="East"), scene.as_role("owner")
    east = pair(scene, told)
    holder = scene.holder(firstname="Ada", lastname="Lovelace")
    scans = [scanned(scene.code(holder), 5), scanned(scene.code(holder), 1, admitted=False)]
    body = {"data": {"token": east.token}, "sent_at": clock.now().isoformat(), "scans": scans}
    address = "/v1/door-devices/revoked-scans"
    assert scene.client.post(address, body).status == 404  # it is valid
    assert owner.delete(f"/v1/events/{scene.event.id}/door-devices/{told['id']}").status == 200
    assert send(scene, east, *scans).status == 401
    assert scene.client.post(address, body).json["stored"] == 2
    assert scene.client.post(address, body).json["stored"] == 0
    (conflict,) = conflicts(scene)
    assert (conflict["reason"], conflict["attendee"]["name"]) == ("device-revoked", "Ada Lovelace")
    assert conflict["scan"]["device_name"] == "East"
    assert not attendee(scene, holder)["is-checked-in"]
    assert scene.scan(holder)["admitted"]
    for token in ("rubbish", scene.crew.token):
        assert scene.client.post(address, {**body, "data": {"token": token}}).status == 404
    scene.database.run(
        "INSERT INTO door_scans (nonce, fingerprint, scanned_at, received_at, is_forced, reason, event_id, "
        "device_id) SELECT 'x' || n, '', now(), now(), FALSE, 'device-revoked', :event, :device "
        "FROM generate_series(1, 9998) n",
        event=scene.event.id, device=int(told["id"]),
    )  # fmt: skip
    assert scene.client.post(address, body).status == 409


def test_the_crew_reads_scans_in_pages_and_devices_do_not(scene: Scene) -> None:
    east, _ = two_doors(scene)
    holder = scene.holder()
    scene.scan(holder)
    results(send(scene, east, scanned(scene.code(holder), -0.01), scanned("rubbish", 0, admitted=False)))
    address = f"/v1/events/{scene.event.id}/door-scans"
    first = scene.crew.get(f"{address}?limit=2").json
    rest = scene.crew.get(f"{address}?limit=2&cursor={first['cursor']}").json
    assert (len(first["scans"]), first["more"], len(rest["scans"]), rest["more"]) == (2, True, 1, False)
    assert first["scans"][0]["attendee"] == str(holder.id)
    assert [scan["offline"] for scan in (*first["scans"], *rest["scans"])] == [False, True, True]
    stranger = scene.client.signed_in_as(stored(make_user))
    for name in ("door-scans", "door-conflicts"):
        path = f"/v1/events/{scene.event.id}/{name}"
        for asking, status in ((scene.client, 401), (stranger, 403), (east, 401)):
            assert asking.get(path).status == status, name
        for query in ("limit=0", "limit=1001", "cursor=x", "color=1"):
            assert scene.crew.get(f"{path}?{query}").status == 400


def test_malformed_batches_are_refused_wholly(scene: Scene) -> None:
    code = scene.code(scene.holder())
    good = scanned(code, 1)
    for wrong, pointer in (
        ({"offline": True}, "/scans/1/offline"),
        ({"offline": {"admitted": "yes"}}, "/scans/1/offline"),
        ({"offline": {"admitted": True, "reason": "A b"}}, "/scans/1/offline/reason"),
        ({"offline": {"admitted": True, "why": "x"}}, "/scans/1/offline/why"),
        ({"device_time": "noon"}, "/scans/1/device_time"),
    ):
        reply = send(scene, scene.crew, good, {**scanned(code, 1), **wrong})
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, pointer)
    body = {"sent_at": "soon", "scans": [good]}
    reply = scene.crew.post(f"/v1/events/{scene.event.id}/check-ins/batch", body)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/sent_at")
    single = scene.crew.post(f"/v1/events/{scene.event.id}/check-ins", scanned(code, 1))
    assert (single.status, single.errors[0]["source"]["pointer"]) == (422, "/offline")
    assert scene.database.one("SELECT count(*) FROM door_scans") == 0


def test_scans_go_with_their_attendee_and_with_time(scene: Scene, pump: Pump) -> None:
    holder, other = scene.holder(), scene.holder()
    scene.scan(holder)
    scene.scan(holder, direction="out")
    scene.scan(other)
    staff = scene.client.signed_in_as(stored(make_user, is_admin=True))
    assert staff.delete(f"/v1/attendees/{holder.id}?permanent=true").status == 200
    assert scene.database.one("SELECT count(*) FROM door_scans") == 1
    old = stored(make_event)
    scene.database.run(
        "UPDATE door_scans SET received_at = now() - interval '91 days', event_id = :id", id=old.id
    )
    assert retention.plan(old_door_scans.RETENTION.task, 90) is None
    pump.everything()
    assert scene.database.one("SELECT count(*) FROM door_scans") == 1  # its event is not over
    scene.database.run(
        "UPDATE events SET starts_at = now() - interval '93 days', ends_at = now() - interval '92 days' "
        "WHERE id = :id", id=old.id,
    )  # fmt: skip
    scene.database.run("DELETE FROM outbox WHERE task = 'forget_door_scans'")
    scene.database.run("DELETE FROM tasks_done")
    assert retention.plan(old_door_scans.RETENTION.task, 90) is None
    pump.everything()
    assert scene.database.one("SELECT count(*) FROM door_scans") == 0
    assert retention.plan(old_door_scans.RETENTION.task, 0) == 0
