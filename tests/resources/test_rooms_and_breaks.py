"""Rooms, speakers and breaks in a schedule: what is not to be had is listed, or refused; and sessions that are
moved together.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.resources.test_schedule_conflicts import (
    ROOM,
    SPEAKERS,
    TIME,
    Programme,
    made,
)
from tests.support.documents import document
from tests.support.http_client import Client, Reply

HOUR = 60


@pytest.fixture
def programme(client: Client) -> Programme:
    return Programme(client)


def during(programme: Programme, *spans: tuple[int, int]) -> list[dict[str, Any]]:
    return [programme.at(begins, ends) for begins, ends in spans]


def pause(programme: Programme, begins: int, ends: int, *rooms: str) -> Reply:
    sent = {"name": "Lunch", **programme.at(begins, ends)}
    body = document("schedule-break", sent, event=("event", programme.event))
    if rooms:
        linkage = [{"type": "microlocation", "id": id} for id in rooms]
        body["data"]["relationships"]["microlocations"] = {"data": linkage}
    return programme.by.post("/v1/schedule-breaks", body)


def place(programme: Programme, *placements: dict[str, Any], by: Client | None = None) -> Reply:
    return (by or programme.by).patch(f"{programme.address}/schedule", {"placements": list(placements)})


def conflicts(programme: Programme) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = programme.by.get(f"{programme.address}/schedule-conflicts").json[
        "conflicts"
    ]
    return listed


def kinds(programme: Programme) -> list[str]:
    return [each["kind"] for each in conflicts(programme)]


def refused(reply: Reply, status: int = 409) -> str:
    assert reply.status == status, reply.text
    pointer: str = reply.errors[0]["source"]["pointer"]
    return pointer


def test_a_room_is_had_when_it_is_available(programme: Programme) -> None:
    hall = programme.make(
        "microlocation",
        {
            "name": "Hall",
            "capacity": 80,
            # Two that touch are one; their order is of no matter.
            "availability": during(programme, (HOUR, 2 * HOUR), (0, HOUR), (5 * HOUR, 6 * HOUR)),
        },
    )
    late = made(programme.talk(2 * HOUR, 3 * HOUR, room=hall))
    assert kinds(programme) == ["room-unavailable"]
    programme.set(schedule_conflicts="refused")
    assert programme.change(late, title="Better").status == 200
    assert refused(programme.talk(110, 130, room=hall)) == ROOM
    made(programme.talk(30, 90, room=hall))
    assert refused(programme.change(late, **programme.at(3 * HOUR, 4 * HOUR))) == ROOM
    assert programme.change(late, **programme.at(5 * HOUR, 6 * HOUR)).status == 200
    assert conflicts(programme) == []


def test_a_speaker_speaks_when_they_are_available(programme: Programme) -> None:
    free = during(programme, (0, 2 * HOUR))
    ada = programme.make("speaker", {"name": "Ada", "email": "ada@example.org", "availability": free})
    talk = made(programme.talk(0, HOUR, speakers=(ada,)))
    programme.set(schedule_conflicts="refused")
    assert refused(programme.change(talk, **programme.at(90, 150))) == SPEAKERS
    assert refused(programme.talk(3 * HOUR, 4 * HOUR, speakers=(ada,))) == f"{SPEAKERS}/data/0"
    # Whoever cannot come says so at any time; what is no longer possible is listed.
    body = document("speaker", {"availability": during(programme, (2 * HOUR, 3 * HOUR))}, ada)
    assert programme.by.patch(f"/v1/speakers/{ada}", body).status == 200
    found = conflicts(programme)
    assert [(each["kind"], each["sessions"], each["speaker"]) for each in found] == [
        ("speaker-unavailable", [int(talk)], int(ada))
    ]


def test_availability_is_for_the_speaker_and_the_team(programme: Programme, client: Client) -> None:
    user = stored(make_user)
    free = during(programme, (0, HOUR))
    ada = stored(make_speaker, event=programme.event, user_id=user.id, is_featured=True, availability=free)
    address = f"/v1/speakers/{ada.id}"
    assert "availability" not in client.get(address).data["attributes"]
    assert client.signed_in_as(stored(make_user)).get(address).data["attributes"].get("availability") is None
    for reader in (client.signed_in_as(user), programme.by):
        assert reader.get(address).data["attributes"]["availability"] == free


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ([], ""),
        ([{"starts-at": "2030-05-01T10:00:00Z", "ends-at": "2030-05-01T10:00:00Z"}], "/0/ends-at"),
        ([{"starts-at": "2030-05-01T10:00:00Z"}], "/0/ends-at"),
        ([{"starts-at": "soon", "ends-at": "2030-05-01T10:00:00Z"}], "/0/starts-at"),
        (
            [{"starts-at": "2030-05-01T10:00:00Z", "ends-at": "2030-05-01T11:00:00Z", "weekly": True}],
            "/0/weekly",
        ),
        ("always", ""),
    ],
)
def test_what_is_no_availability_is_refused(programme: Programme, value: object, pointer: str) -> None:
    room = programme.room()
    body = document("microlocation", {"availability": value}, room)
    reply = programme.by.patch(f"/v1/microlocations/{room}", body)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (
        422,
        f"/data/attributes/availability{pointer}",
    )


def test_nothing_is_on_in_a_break(programme: Programme) -> None:
    hall, attic = programme.room(), programme.room()
    lunch = made(pause(programme, 3 * HOUR, 4 * HOUR))
    made(pause(programme, 6 * HOUR, 8 * HOUR, attic))
    nowhere = made(programme.talk(3 * HOUR, 3 * HOUR + 30))
    upstairs = made(programme.talk(6 * HOUR, 7 * HOUR, room=attic))
    made(programme.talk(6 * HOUR, 7 * HOUR, room=hall))
    found = [
        (each["kind"], each["sessions"], each["schedule-break"] == int(lunch))
        for each in conflicts(programme)
    ]
    assert found == [("break", [int(nowhere)], True), ("break", [int(upstairs)], False)]
    programme.set(schedule_conflicts="refused")
    assert programme.change(nowhere, title="Better").status == 200
    moved = f"/v1/sessions/{nowhere}/relationships/microlocation"
    assert programme.by.patch(moved, {"data": {"type": "microlocation", "id": hall}}).status == 200
    assert refused(programme.talk(150, 181)) == TIME
    made(programme.talk(150, 180))
    assert refused(programme.talk(7 * HOUR, 8 * HOUR, room=attic)) == TIME
    made(programme.talk(350, 360, room=attic))
    assert programme.by.delete(f"/v1/schedule-breaks/{lunch}").status == 200
    made(programme.talk(3 * HOUR, 4 * HOUR))


def test_a_break_ends_after_it_begins(programme: Programme) -> None:
    assert refused(pause(programme, HOUR, HOUR), 422) == "/data/attributes/ends-at"


def test_a_session_takes_further_rooms(programme: Programme, client: Client) -> None:
    hall, attic = programme.room(), programme.room()
    both = made(programme.talk(0, HOUR, room=hall))
    above = made(programme.talk(30, 90, room=attic))
    links = f"/v1/sessions/{both}/relationships/further-microlocations"
    linkage = {"data": [{"type": "microlocation", "id": attic}]}
    assert programme.by.post(links, linkage).status == 200
    assert [(each["kind"], each["sessions"]) for each in conflicts(programme)] == [
        ("room", [int(both), int(above)])
    ]
    assert programme.by.delete(links, linkage).status == 200
    programme.set(schedule_conflicts="refused")
    assert refused(programme.by.post(links, linkage)) == "/data/0"
    others = f"/v1/microlocations/{attic}/relationships/further-sessions"
    body = {"data": [{"type": "session", "id": both}]}
    assert refused(programme.by.post(others, body)) == "/data/0"
    assert programme.change(above, **programme.at(60, 90)).status == 200
    assert programme.by.post(links, linkage).status == 200
    assert refused(programme.change(both, **programme.at(0, 61))) == ROOM
    assert refused(programme.talk(20, 40, room=attic)) == ROOM
    # Whoever proposed a session says nothing about rooms.
    speaker = stored(make_user)
    stored(make_speaker, event=programme.event, user_id=speaker.id, email=speaker.email)
    own = programme.talk(120, 180)
    proposer = client.signed_in_as(speaker)
    sent = document("session", {"title": "Mine", "state": "pending"}, event=("event", programme.event))
    mine = made(proposer.post("/v1/sessions", sent))
    theirs = f"/v1/sessions/{mine}/relationships/further-microlocations"
    assert proposer.post(theirs, linkage).status == 403
    assert own.status == 201


def test_two_sessions_swap_their_places(programme: Programme) -> None:
    hall, attic = programme.room(), programme.room()
    ada = programme.speaker()
    first = made(programme.talk(0, HOUR, room=hall, speakers=(ada,)))
    second = made(programme.talk(HOUR, 2 * HOUR, room=attic))
    programme.set(schedule_conflicts="refused", changeover_minutes=10)
    swapped = (
        {"session": int(first), **programme.at(HOUR, 2 * HOUR), "microlocation": int(attic)},
        {"session": int(second), **programme.at(0, HOUR), "microlocation": int(hall)},
    )
    reply = place(programme, *swapped)
    assert (reply.status, reply.json) == (200, {"changed": [int(first), int(second)]})
    assert place(programme, *swapped).json == {"changed": []}
    assert conflicts(programme) == []
    # What one of them may not do, none of them does.
    third = made(programme.talk(4 * HOUR, 5 * HOUR, room=hall))
    late = place(
        programme,
        {"session": int(first), **programme.at(5 * HOUR, 6 * HOUR)},
        {"session": int(third), "microlocation": int(attic), **programme.at(300, 360)},
    )
    assert refused(late) in ("/placements/0/microlocation", "/placements/1/microlocation")
    at = programme.by.get(f"/v1/sessions/{first}").data["attributes"]["starts-at"]
    assert at == programme.at(HOUR, 0)["starts-at"]


def test_placements_are_those_of_sessions_as_they_were_seen(programme: Programme, client: Client) -> None:
    talk = made(programme.talk(0, HOUR))
    seen = programme.by.get(f"/v1/sessions/{talk}").data["attributes"]["last-modified-at"]
    later = {"session": int(talk), **programme.at(HOUR, 2 * HOUR), "last-modified-at": seen}
    assert programme.change(talk, title="Changed meanwhile").status == 200
    assert refused(place(programme, later)) == "/placements/0/last-modified-at"
    later["last-modified-at"] = programme.by.get(f"/v1/sessions/{talk}").data["attributes"][
        "last-modified-at"
    ]
    assert place(programme, later).status == 200
    stranger = client.signed_in_as(stored(make_user))
    assert place(programme, {"session": int(talk)}, by=stranger).status == 403
    elsewhere = made(Programme(client).talk(0, HOUR))
    for wrong, pointer in (
        ({"session": int(elsewhere)}, "/placements/0/session"),
        ({"session": "first"}, "/placements/0/session"),
        ({"session": int(talk), "starts-at": None}, "/placements/0/ends-at"),
        ({"session": int(talk), **programme.at(HOUR, 0)}, "/placements/0/ends-at"),
        ({"session": int(talk), "room": 1}, "/placements/0/room"),
        ({"session": int(talk), "microlocation": 2**31 - 1}, "/placements/0/microlocation"),
    ):
        reply = place(programme, wrong)
        assert reply.errors[0]["source"]["pointer"] == pointer, reply.text
        assert reply.status in (404, 422)
    twice = place(programme, {"session": int(talk)}, {"session": int(talk)})
    assert refused(twice, 422) == "/placements"
    body = {"placements": [], "force": True}
    assert refused(programme.by.patch(f"{programme.address}/schedule", body), 422) == "/force"


def test_two_organizers_place_two_sessions_into_one_slot_by_lists(programme: Programme) -> None:
    room = programme.room()
    talks = [made(programme.talk(n * HOUR, (n + 1) * HOUR)) for n in range(4)]
    programme.set(schedule_conflicts="refused")
    target = {**programme.at(10 * HOUR, 11 * HOUR), "microlocation": int(room)}
    with ThreadPoolExecutor(4) as organizers:
        replies = list(organizers.map(lambda id: place(programme, {"session": int(id), **target}), talks))
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]
    assert conflicts(programme) == []


def test_a_speaker_of_forty_sessions_is_bounded(programme: Programme) -> None:
    ada = programme.speaker()
    for number in range(40):
        made(programme.talk(number, number + 45, speakers=(ada,)))
    reply = programme.by.get(f"{programme.address}/schedule-conflicts")
    assert reply.json["count"] == 40 * 39 // 2
    programme.set(schedule_conflicts="refused")
    assert programme.by.delete(f"/v1/speakers/{ada}").status == 200
    restored = document("speaker", {"deleted-at": None}, ada)
    again = programme.by.patch(f"/v1/speakers/{ada}?get_trashed=true", restored)
    assert refused(again) == "/data/attributes/deleted-at"


def test_calendars_tell_all_rooms_of_a_session_and_schedules_its_own(programme: Programme) -> None:
    hall, attic = (programme.make("microlocation", {"name": name}) for name in ("Hall", "Attic"))
    talk = made(programme.talk(0, HOUR, room=hall))
    links = f"/v1/sessions/{talk}/relationships/further-microlocations"
    assert programme.by.post(links, {"data": [{"type": "microlocation", "id": attic}]}).status == 200
    calendar = programme.client.get(f"{programme.address}.ics?include_sessions").text
    assert "LOCATION:Hall\\, Attic" in calendar
    assert "<location>Hall, Attic</location>" in programme.client.get(f"{programme.address}.xcs").text
    assert "<room>Hall</room>" in programme.client.get(f"{programme.address}/schedule.xml").text


def test_a_room_in_the_trash_is_none(programme: Programme) -> None:
    hall = programme.room()
    first, second = (made(programme.talk(0, HOUR, room=hall)) for _ in range(2))
    made(pause(programme, 0, HOUR, hall))
    made(programme.by.post("/v1/schedule-versions", document(
        "schedule-version", {}, event=("event", programme.event))))  # fmt: skip
    assert sorted(kinds(programme)) == ["break", "break", "room"]
    assert programme.by.delete(f"/v1/microlocations/{hall}").status == 200
    assert kinds(programme) == []
    moved = programme.by.get(f"{programme.address}/schedule-diff").json["moved"]
    assert {each["session"] for each in moved} == {int(first), int(second)}
    assert [(each["to"]["microlocation"], each["to"]["room"]) for each in moved] == [(None, None)] * 2
    programme.set(schedule_conflicts="refused")
    assert programme.by.delete(f"/v1/sessions/{second}").status == 200
    back = document("session", {"deleted-at": None}, second)
    assert programme.by.patch(f"/v1/sessions/{second}?get_trashed=true", back).status == 200
    restored = document("microlocation", {"deleted-at": None}, hall)
    assert programme.by.patch(f"/v1/microlocations/{hall}?get_trashed=true", restored).status == 200
    assert sorted(kinds(programme)) == ["break", "break", "room"]


def test_a_break_ends_with_its_last_room(programme: Programme, client: Client) -> None:
    hall, attic = programme.room(), programme.room()
    talk = made(programme.talk(0, HOUR, room=attic))
    of_hall, of_both = made(pause(programme, 0, HOUR, hall)), made(pause(programme, 0, HOUR, hall, attic))
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert staff.delete(f"/v1/microlocations/{hall}?permanent=true").status == 200
    assert programme.by.get(f"/v1/schedule-breaks/{of_hall}").status == 404
    assert [each["schedule-break"] for each in conflicts(programme)] == [int(of_both)]
    assert programme.by.delete(f"/v1/schedule-breaks/{of_both}").status == 200
    assert conflicts(programme) == []
    assert programme.change(talk, title="Undisturbed").status == 200


def test_a_break_is_hidden_with_its_last_room_and_comes_back_with_it(programme: Programme) -> None:
    first, second = programme.room(), programme.room()
    id = pause(programme, 0, HOUR, first, second).data["id"]
    path, listed = f"/v1/schedule-breaks/{id}", f"{programme.address}/schedule-breaks"
    made(programme.talk(0, HOUR))
    assert programme.by.delete(f"/v1/microlocations/{first}").status == 200
    assert programme.by.get(listed).json["meta"]["count"] == 1
    assert programme.by.delete(f"/v1/microlocations/{second}").status == 200
    # It is not shown without rooms, which would be a break of the whole event.
    assert (programme.by.get(path).status, programme.by.get(listed).json["meta"]["count"]) == (404, 0)
    assert kinds(programme) == []
    restored = document("microlocation", {"deleted-at": None}, second)
    assert programme.by.patch(f"/v1/microlocations/{second}?get_trashed=true", restored).status == 200
    shown = programme.by.get(f"{path}?include=microlocations").json["included"]
    assert [room["id"] for room in shown] == [second]
    # Who takes the last room away means the whole event, though another room is in the trash.
    none = document("schedule-break", {}, id)
    none["data"]["relationships"] = {"microlocations": {"data": []}}
    assert programme.by.patch(path, none).status == 200
    assert programme.by.get(path).status == 200
    assert kinds(programme) == ["break"]
    restored = document("microlocation", {"deleted-at": None}, first)
    assert programme.by.patch(f"/v1/microlocations/{first}?get_trashed=true", restored).status == 200
    assert programme.by.get(f"{path}/microlocations").data == []
