"""The overview of the door: counts that agree with every way of checking in, cheap to poll."""

from typing import Any

import pytest

from chalicelib import clock
from tests.door.scene import Scene
from tests.door.test_door_devices import made, pair
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.statements import counted_statements


@pytest.fixture
def scene(client: Client, database: TestDatabase) -> Scene:
    return Scene(client, database)


def overview(scene: Scene, by: Client | None = None, **query: str) -> Any:
    reply = ask(scene, by, **query)
    assert reply.status == 200, reply.text
    return reply.json


def ask(scene: Scene, by: Client | None = None, headers: Any = None, **query: str) -> Reply:
    return (by or scene.crew).get(
        f"/v1/events/{scene.event.id}/door-overview", query=query, headers=headers or {}
    )


def test_every_way_of_checking_in_counts_once(scene: Scene) -> None:
    other = stored(make_ticket, event=scene.event, name="Speakers")
    people = [scene.holder() for _ in range(4)]
    speaker, unpaid = scene.holder(ticket=other), scene.holder(status="pending")
    empty = overview(scene)
    assert empty["total"] == {"sold": 5, "came": 0, "inside": 0}
    assert (empty["hours"], empty["days"], empty["day"]) == ([], [], None)
    assert [kind["sold"] for kind in empty["kinds"]] == [4, 1]

    at = "2026-11-28T08:30:00Z"  # 9:30 in Berlin
    assert scene.scan(people[0], device_time=at)["admitted"]
    assert scene.scan(people[0], direction="out", device_time="2026-11-28T10:05:00Z")["admitted"]
    assert scene.scan(people[0], device_time="2026-11-28T10:40:00Z")["admitted"]
    changed = scene.crew.patch(
        f"/v1/attendees/{people[1].id}",
        document(
            "attendee", {"is-checked-in": True, "checkin-times": "2026-11-28T23:15:00+01:00"}, people[1].id
        ),
    )
    assert changed.status == 200, changed.text
    desk = scene.station("registration", station_name="Desk")
    assert scene.scan(people[2], station=desk.id, device_time=at)["admitted"]
    assert not scene.scan(unpaid, device_time=at)["admitted"]
    assert scene.scan(speaker, device_time="2026-11-27T22:59:00Z")["admitted"]

    told = overview(scene)
    assert told["event"]["name"] == scene.event.name
    assert told["total"] == {"sold": 5, "came": 4, "inside": 3}
    by_name = {kind["name"]: (kind["sold"], kind["came"], kind["inside"]) for kind in told["kinds"]}
    assert by_name == {scene.ticket.name: (4, 3, 2), "Speakers": (1, 1, 1)}
    gates = [(gate["station"], gate["name"], gate["in"], gate["out"]) for gate in told["gates"]]
    assert gates == [(None, None, 4, 1), (str(desk.id), "Desk", 1, 0)]
    assert told["days"] == [
        {"day": "2026-11-27", "in": 1, "out": 0},
        {"day": "2026-11-28", "in": 4, "out": 1},
    ]
    assert told["day"] == "2026-11-28"
    hours = {each["hour"]: (each["in"], each["out"]) for each in told["hours"]}
    assert hours == {9: (2, 0), 11: (1, 1), 23: (1, 0)}
    assert overview(scene, day="2026-11-27")["hours"] == [{"hour": 23, "in": 1, "out": 0}]
    assert overview(scene, day="2026-11-26")["hours"] == []
    assert ask(scene, day="yesterday").status == 400
    assert ask(scene, days="2026-11-27").status == 400


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        *(("2026-11-28T08:30:00.250+00:00", 9), ("2026-11-28T14:15:00+05:30", 9)),
        *(("2026-11-28 05:00:00-0330", 9), ("2026-11-28T08:30", 9), ("2026-07-01T08:30Z", 10)),
    ],
)
def test_hours_are_those_of_the_event(scene: Scene, text: str, hour: int) -> None:
    scene.database.run(
        "UPDATE attendees SET is_checked_in = TRUE, checkin_times = :text WHERE id = :id",
        text=text, id=scene.holder().id,
    )  # fmt: skip
    assert overview(scene)["hours"] == [{"hour": hour, "in": 1, "out": 0}]


@pytest.mark.parametrize("text", ["2026-02-31T09:00:00Z", "Thu Mar 19 2020 09:00:00 GMT+0800", "soon", ","])
def test_times_of_former_clients_do_no_harm(scene: Scene, text: str) -> None:
    holder = scene.holder()
    scene.database.run(
        "UPDATE attendees SET is_checked_in = TRUE, checkin_times = :text WHERE id = :id",
        text=text, id=holder.id,
    )  # fmt: skip
    assert overview(scene)["total"] == {"sold": 1, "came": 1, "inside": 1}


def test_it_is_not_sent_again_while_nothing_changes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = scene.holder()
    device = pair(scene, made(scene))
    first = ask(scene, device)
    with counted_statements(monkeypatch) as statements:
        again = ask(scene, device, {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    assert len([sql for sql in statements if "attendees" in sql]) == 1
    assert scene.scan(holder, by=device)["admitted"]
    changed = ask(scene, device, {"If-None-Match": first.headers["etag"]})
    assert (changed.status, changed.json["total"]["came"]) == (200, 1)


def test_whatever_it_shows_is_sent_again_once_it_changes(scene: Scene) -> None:
    holder, other, desk = scene.holder(), scene.holder(), scene.station("registration")
    device, owner = pair(scene, made(scene)), scene.as_role("owner")
    tag = ask(scene, device).headers["etag"]

    def sends_again() -> bool:
        nonlocal tag
        reply = ask(scene, device, {"If-None-Match": tag})
        tag = reply.headers["etag"]
        assert ask(scene, device, {"If-None-Match": "*"}).status in (200, 304)
        return reply.status == 200

    while sends_again():
        pass  # something else goes on at the server
    assert ask(scene, device, {"If-None-Match": tag}).status == 304
    for noun, id, attributes in (
        ("station", desk.id, {"station-name": "Desk"}),
        ("ticket", scene.ticket.id, {"name": "Seats"}),
        ("event", scene.event.id, {"name": "Another"}),
        ("attendee", holder.id, {"is-checked-in": True, "checkin-times": clock.now().isoformat()}),
        ("order", other.order_id, {"status": "cancelled"}),
    ):
        path = f"/v1/{noun}s/{id}"
        reply = owner.patch(path, document(noun, attributes, id))
        assert reply.status == 200, reply.text
        assert sends_again(), noun
    with scene.database.connected() as late:
        late.run("BEGIN")
        late.run("UPDATE attendees SET is_checked_out = TRUE WHERE id = :id", id=holder.id)
        sends_again()
        late.run("COMMIT")
    assert sends_again()


def test_crew_and_devices_of_the_event_alone_see_it(scene: Scene) -> None:
    stored(make_attendee, event=scene.event)
    other = Scene(scene.client, scene.database, stored(make_event))
    stranger = scene.client.signed_in_as(stored(make_user))
    device = pair(other, made(other))
    for asking, status in ((scene.client, 401), (stranger, 403), (other.crew, 403), (device, 403)):
        assert ask(scene, asking).status == status
    assert ask(other, device).status == 200
