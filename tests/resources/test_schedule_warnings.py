"""Conflicts that an event allows are told with the answer of each write that makes one; and rooms have a size."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.resources.test_schedule_conflicts import ROOM, SPEAKERS, TIME, Programme, made
from tests.support.documents import document
from tests.support.http_client import Client, Reply


@pytest.fixture
def programme(client: Client) -> Programme:
    return Programme(client)


def warned(reply: Reply) -> list[tuple[str, str]]:
    assert reply.status in (200, 201), reply.text
    warnings = reply.json.get("meta", {}).get("warnings", [])
    return [(warning["kind"], warning["pointer"]) for warning in warnings]


def links(type: str, *ids: str) -> dict[str, Any]:
    return {"data": [{"type": type, "id": id} for id in ids]}


def test_each_way_to_make_a_conflict_answers_with_it(programme: Programme) -> None:
    room, other, ada = programme.room(), programme.room(), programme.speaker()
    made(programme.talk(0, 60, room=room, speakers=(ada,)))
    created = programme.talk(30, 90, room=room)
    assert warned(created) == [("room", ROOM)]
    assert "is taken" in created.json["meta"]["warnings"][0]["detail"]
    id = created.data["id"]
    assert created.json["meta"]["warnings"][0]["session"] == int(id)
    address = f"/v1/sessions/{id}"
    # Neither the tag nor a later read has it; what has nothing to do with the schedule tells nothing.
    assert warned(programme.change(id, title="Another")) == []
    assert warned(programme.change(id, **programme.at(60, 90))) == []
    moved = programme.change(id, **programme.at(59, 90))
    assert warned(moved) == [("room", ROOM)]
    read = programme.by.get(address)
    assert "meta" not in read.json
    assert read.headers["etag"] == moved.headers["etag"]
    assert warned(programme.change(id, state="pending")) == []
    assert warned(programme.change(id, state="accepted")) == [("room", ROOM)]
    # By relationships, from either side.
    to = {"data": {"type": "microlocation", "id": other}}
    assert warned(programme.by.patch(f"{address}/relationships/microlocation", to)) == []
    further = f"{address}/relationships/further-microlocations"
    assert warned(programme.by.post(further, links("microlocation", room))) == [("room", ROOM)]
    assert warned(programme.by.patch(further, {"data": []})) == []
    people = f"{address}/relationships/speakers"
    assert warned(programme.by.post(people, links("speaker", ada))) == [("speaker", SPEAKERS)]
    assert warned(programme.by.patch(people, {"data": []})) == []
    theirs = f"/v1/speakers/{ada}/relationships/sessions"
    assert warned(programme.by.post(theirs, links("session", id))) == [("speaker", SPEAKERS)]
    # By a list, which is looked at once all is written.
    listed = {"placements": [{"session": int(id), "microlocation": int(room)}]}
    assert warned(programme.by.patch(f"{programme.address}/schedule", listed)) == [
        ("room", ROOM),
        ("speaker", SPEAKERS),
    ]
    outside = programme.change(id, **programme.at(-60, -30))
    assert warned(outside) == [("outside", TIME)]


def test_nothing_is_told_where_conflicts_are_refused_or_to_others_than_the_team(programme: Programme) -> None:
    room = programme.room()
    made(programme.talk(0, 60, room=room))
    second = made(programme.talk(30, 90, room=room))
    programme.set(schedule_conflicts="refused")
    assert warned(programme.change(second, state="confirmed")) == []
    assert programme.change(second, **programme.at(31, 90)).status == 409
    programme.set(schedule_conflicts="allowed")
    submitter = stored(make_user)
    pending = stored(make_session, event=programme.event, state="accepted", creator_id=submitter.id)
    mine = programme.client.signed_in_as(submitter)
    assert (
        "meta"
        not in mine.patch(
            f"/v1/sessions/{pending.id}", document("session", {"title": "Mine"}, pending.id)
        ).json
    )


@pytest.mark.parametrize("expected", ["expected-audience", "sign-up-places"])
def test_a_room_that_is_too_small_is_a_conflict_where_the_event_says_so(
    programme: Programme, expected: str
) -> None:
    small = programme.make("microlocation", {"name": "Cellar", "capacity": 20})
    large = programme.make("microlocation", {"name": "Aula", "capacity": 100})
    talk = made(programme.talk(0, 60, room=large))
    name = expected.replace("-", "_")
    move = {"data": {"type": "microlocation", "id": small}}
    address = f"/v1/sessions/{talk}/relationships/microlocation"
    assert warned(programme.change(talk, **{name: 50})) == []
    # The default is as formerly.
    assert warned(programme.by.patch(address, move)) == []
    assert programme.conflicts() == []
    programme.set(checks_capacity=True)
    assert programme.conflicts() == [("capacity", [int(talk)])]
    assert warned(programme.change(talk, **{name: 51})) == [("capacity", ROOM)]
    programme.set(schedule_conflicts="refused")
    # What it has already is no reason to refuse something else.
    assert programme.change(talk, title="Another", **programme.at(60, 90)).status == 409
    assert programme.change(talk, title="Another").status == 200
    refusal = programme.change(talk, **{name: 60})
    assert (refusal.status, refusal.errors[0]["source"]["pointer"]) == (409, ROOM)
    assert refusal.errors[0]["detail"] == "More people are expected than there is room for in Cellar."
    assert programme.change(talk, **{name: 20}).status == 200
    assert programme.change(talk, **{name: 21}).status == 409
    # Rooms that it takes besides count, and one of unknown size takes as many as come.
    further = f"/v1/sessions/{talk}/relationships/further-microlocations"
    assert programme.by.post(further, links("microlocation", large)).status == 200
    assert programme.change(talk, **{name: 120}).status == 200
    placed = {"placements": [{"session": int(talk), "further-microlocations": []}]}
    reply = programme.by.patch(f"{programme.address}/schedule", placed)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (409, "/placements/0/microlocation")
    unknown = programme.make("microlocation", {"name": "Meadow", "capacity": None})
    assert programme.by.post(further, links("microlocation", unknown)).status == 200
    assert programme.change(talk, **{name: 9000}).status == 200


def test_favorites_count_as_expected_where_a_session_is_placed(programme: Programme) -> None:
    programme.set(checks_capacity=True, schedule_conflicts="refused")
    small = programme.make("microlocation", {"name": "Cellar", "capacity": 1})
    talk = made(programme.talk(0, 60, room=small))
    for _ in range(2):
        fan = programme.client.signed_in_as(stored(make_user))
        like = document("user-favourite-session", {}, session=("session", talk))
        assert fan.post("/v1/user-favourite-sessions", like).status == 201
    assert programme.conflicts() == [("capacity", [int(talk)])]
    assert programme.change(talk, **programme.at(60, 90)).status == 409
    assert programme.change(talk, title="Another").status == 200


def test_a_break_of_rooms_in_the_trash_is_in_the_trash_with_them(programme: Programme) -> None:
    rooms = [programme.room() for _ in range(2)]
    sent = {"name": "Lunch", **programme.at(0, 60)}
    of_rooms = {
        "event": ("event", programme.event),
        "microlocations": [("microlocation", id) for id in rooms],
    }
    lunch = programme.by.post("/v1/schedule-breaks", document("schedule-break", sent, **of_rooms)).data["id"]
    talk = made(programme.talk(0, 30, room=rooms[0]))
    listed = f"{programme.address}/schedule-breaks"
    assert programme.conflicts() == [("break", [int(talk)])]
    for number, room in enumerate(rooms):
        assert len(programme.by.get(listed).data) == 1, number
        assert programme.by.delete(f"/v1/microlocations/{room}").status == 200
    # It is neither there nor a break of the whole event.
    assert programme.by.get(listed).data == []
    assert programme.by.get(f"/v1/schedule-breaks/{lunch}").status == 404
    assert programme.conflicts() == []
    back = document("microlocation", {"deleted-at": None}, rooms[0])
    assert programme.by.patch(f"/v1/microlocations/{rooms[0]}?get_trashed=true", back).status == 200
    assert [each["id"] for each in programme.by.get(listed).data] == [lunch]
    assert programme.conflicts() == [("break", [int(talk)])]
