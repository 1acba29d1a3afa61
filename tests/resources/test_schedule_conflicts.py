"""Conflicts in a schedule: listed where they are allowed, refused where the event says so, by every way in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.programme.session.session import Session
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import attributes
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

_address = count(1)


class Programme:
    """A three day event whose schedule an organizer makes through the API; times are minutes from its start."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.owner = stored(make_user)
        self.start = clock.now().replace(microsecond=0) + timedelta(days=30)
        times = {"starts_at": self.start, "ends_at": self.start + timedelta(days=3)}
        self.event = stored(make_event, owner=self.owner, timezone="Asia/Tokyo", **times)
        self.by = client.signed_in_as(self.owner)
        self.address = f"/v1/events/{self.event.id}"

    def set(self, **values: object) -> None:
        sent = {name.replace("_", "-"): value for name, value in values.items()}
        reply = self.by.patch(self.address, document("event", sent, self.event.id))
        assert reply.status == 200, reply.text

    def make(self, type: str, attributes: dict[str, Any]) -> str:
        reply = self.by.post(f"/v1/{type}s", document(type, attributes, event=("event", self.event)))
        assert reply.status == 201, reply.text
        id: str = reply.data["id"]
        return id

    def room(self) -> str:
        return self.make("microlocation", {"name": f"Hall {next(_address)}"})

    def speaker(self) -> str:
        number = next(_address)
        return self.make("speaker", {"name": f"Ada {number}", "email": f"ada{number}@example.org"})

    def at(self, begins: int, ends: int) -> dict[str, Any]:
        moments = (self.start + timedelta(minutes=minutes) for minutes in (begins, ends))
        return dict(zip(("starts-at", "ends-at"), (moment.isoformat() for moment in moments), strict=True))

    def talk(
        self,
        begins: int,
        ends: int,
        *,
        room: str = "",
        speakers: tuple[str, ...] = (),
        state: str = "accepted",
    ) -> Reply:
        sent = {**attributes(), "state": state, **self.at(begins, ends)}
        links: dict[str, Any] = {"event": ("event", self.event)}
        body = document("session", sent, **links)
        relationships = body["data"]["relationships"]
        if room:
            relationships["microlocation"] = {"data": {"type": "microlocation", "id": room}}
        if speakers:
            relationships["speakers"] = {"data": [{"type": "speaker", "id": id} for id in speakers]}
        return self.by.post("/v1/sessions", body)

    def change(self, id: str, **values: object) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in values.items()}
        return self.by.patch(f"/v1/sessions/{id}", document("session", sent, id))

    def conflicts(self) -> list[tuple[str, list[int]]]:
        reply = self.by.get(f"{self.address}/schedule-conflicts")
        assert reply.json["count"] == len(reply.json["conflicts"])
        return [(item["kind"], item["sessions"]) for item in reply.json["conflicts"]]


@pytest.fixture
def programme(client: Client) -> Programme:
    return Programme(client)


def made(reply: Reply) -> str:
    assert reply.status == 201, reply.text
    id: str = reply.data["id"]
    return id


def refused(reply: Reply) -> str:
    assert reply.status == 409, reply.text
    (problem,) = reply.errors
    pointer: str = problem["source"]["pointer"]
    return pointer.partition("/data/relationships/speakers/")[0] or SPEAKERS  # of one of several


ROOM, SPEAKERS, TIME = (
    "/data/relationships/microlocation",
    "/data/relationships/speakers",
    "/data/attributes/starts-at",
)


def test_conflicts_are_allowed_unless_the_event_says_otherwise_and_listed(programme: Programme) -> None:
    assert programme.conflicts() == []
    assert programme.by.get(f"{programme.address}/schedule-conflicts?kind=room").status == 400
    room, ada = programme.room(), programme.speaker()
    first = int(made(programme.talk(0, 60, room=room, speakers=(ada,))))
    second = int(made(programme.talk(30, 90, room=room, speakers=(ada,))))
    outside = int(made(programme.talk(3 * 24 * 60 - 5, 3 * 24 * 60 + 5, room=room)))
    made(programme.talk(0, 60, room=room, state="pending"))
    made(programme.talk(90, 120, room=room, speakers=(ada,)))  # one after the other is none
    expected = [("room", [first, second]), ("speaker", [first, second])]
    assert programme.conflicts() == [*expected, ("outside", [outside])]
    programme.set(changeover_minutes=5)
    assert [kind for kind, _ in programme.conflicts()] == ["room", "speaker", "room", "outside"]


def test_any_number_of_conflicts_is_counted_in_no_time(programme: Programme, database: TestDatabase) -> None:
    room = int(programme.room())
    first = int(made(programme.talk(0, 60, room=str(room))))
    columns = ", ".join(name for name in set(Session.__table__.columns.keys()) - {"id", "title"})
    database.run(
        f"INSERT INTO sessions (title, {columns}) SELECT title || n, {columns} FROM sessions, "
        "generate_series(1, 149) n WHERE sessions.id = :id",
        id=first,
    )
    reply = programme.by.get(f"{programme.address}/schedule-conflicts").json
    assert (reply["count"], len(reply["conflicts"])) == (10_000, 1_000)


def test_only_those_who_schedule_see_the_list(programme: Programme, client: Client) -> None:
    address = f"{programme.address}/schedule-conflicts"
    assert client.get(address).status == 401
    assert client.signed_in_as(stored(make_user)).get(address).status == 403
    assert programme.by.get("/v1/events/999999/schedule-conflicts").status == 404


def test_a_room_is_taken_once(programme: Programme) -> None:
    programme.set(schedule_conflicts="refused", changeover_minutes=10)
    room, other = programme.room(), programme.room()
    first = made(programme.talk(60, 120, room=room))
    for begins, ends in ((60, 120), (0, 51), (129, 200), (70, 80), (0, 300)):
        assert refused(programme.talk(begins, ends, room=room)) == ROOM
    waiting = made(programme.talk(90, 100, room=room, state="pending"))
    assert refused(programme.change(waiting, state="accepted")) == ROOM
    made(programme.talk(0, 50, room=room))
    made(programme.talk(130, 200, room=room))
    elsewhere = made(programme.talk(60, 120, room=other))
    assert refused(programme.change(first, **programme.at(60, 121))) == ROOM
    assert programme.change(first, title="Another title").status == 200
    moved = document("session", {}, elsewhere)
    moved["data"]["relationships"] = {"microlocation": {"data": {"type": "microlocation", "id": room}}}
    assert refused(programme.by.patch(f"/v1/sessions/{elsewhere}", moved)) == ROOM
    linkage = f"/v1/sessions/{elsewhere}/relationships/microlocation"
    assert programme.by.patch(linkage, {"data": {"type": "microlocation", "id": room}}).status == 409
    from_the_room = f"/v1/microlocations/{room}/relationships/sessions"
    assert programme.by.post(from_the_room, {"data": [{"type": "session", "id": elsewhere}]}).status == 409
    assert programme.conflicts() == []
    detail = programme.talk(100, 110, room=room).errors[0]["detail"]
    in_tokyo = programme.start + timedelta(hours=9 + 1)  # the session begins an hour after the event
    assert f"{in_tokyo:%Y-%m-%d %H:%M} to " in detail
    assert "(Asia/Tokyo)" in detail


def test_a_session_comes_back_from_the_trash_where_it_has_room(programme: Programme) -> None:
    programme.set(schedule_conflicts="refused")
    room = programme.room()
    first = made(programme.talk(0, 60, room=room))
    assert programme.by.delete(f"/v1/sessions/{first}").status == 200
    second = made(programme.talk(0, 60, room=room))
    restored = document("session", {"deleted-at": None}, first)
    address = f"/v1/sessions/{first}?get_trashed=true"
    assert refused(programme.by.patch(address, restored)) == ROOM
    assert programme.by.delete(f"/v1/sessions/{second}").status == 200
    assert programme.by.patch(address, restored).status == 200


def test_a_speaker_is_in_one_place(programme: Programme) -> None:
    programme.set(schedule_conflicts="refused", changeover_minutes=30)
    ada, grace = programme.speaker(), programme.speaker()
    first = made(programme.talk(60, 120, speakers=(ada,)))
    assert refused(programme.talk(90, 150, speakers=(grace, ada))) == SPEAKERS
    made(programme.talk(120, 150, speakers=(ada,)))  # the change-over is the room's
    other = made(programme.talk(90, 110, speakers=(grace,)))
    one = {"data": [{"type": "speaker", "id": ada}]}
    assert refused(programme.by.post(f"/v1/sessions/{other}/relationships/speakers", one)) == "/data/0"
    assert programme.by.patch(f"/v1/sessions/{other}/relationships/speakers", one).status == 409
    talk = {"data": [{"type": "session", "id": other}]}
    assert programme.by.post(f"/v1/speakers/{ada}/relationships/sessions", talk).status == 409
    assert refused(programme.change(first, **programme.at(60, 121))) == SPEAKERS
    waiting = made(programme.talk(60, 120, speakers=(ada,), state="pending"))
    assert refused(programme.change(waiting, state="confirmed")) == SPEAKERS
    assert programme.conflicts() == []


def test_a_speaker_comes_back_from_the_trash_where_they_are_free(programme: Programme) -> None:
    programme.set(schedule_conflicts="refused")
    ada = programme.speaker()
    made(programme.talk(60, 120, speakers=(ada,)))
    second = made(programme.talk(200, 260, speakers=(ada,)))
    assert programme.by.delete(f"/v1/speakers/{ada}").status == 200
    assert programme.change(second, **programme.at(90, 150)).status == 200
    restored = document("speaker", {"deleted-at": None}, ada)
    address = f"/v1/speakers/{ada}?get_trashed=true"
    assert refused(programme.by.patch(address, restored)) == "/data/attributes/deleted-at"
    assert programme.change(second, **programme.at(120, 150)).status == 200
    assert programme.by.patch(address, restored).status == 200


def test_who_accepts_an_invitation_to_speak_is_free_then(programme: Programme, client: Client) -> None:
    ada = stored(make_user, email="ada.invited@example.org", is_verified=True)
    profile = programme.make("speaker", {"name": "Ada", "email": ada.email})
    made(programme.talk(60, 120, speakers=(profile,)))
    other = made(programme.talk(90, 150))
    body = document("speaker-invite", {"email": ada.email}, session=("session", int(other)))
    body["data"]["relationships"]["event"] = {"data": {"type": "event", "id": str(programme.event.id)}}
    invite = made(programme.by.post("/v1/speaker-invites", body))
    programme.set(schedule_conflicts="refused")
    accept = f"/v1/speaker-invites/{invite}/accept-invite"
    assert client.signed_in_as(ada).get(accept).status == 409
    assert programme.change(other, **programme.at(120, 150)).status == 200
    assert client.signed_in_as(ada).get(accept).status == 200


def test_a_conflict_of_before_stays_where_a_change_makes_none(programme: Programme) -> None:
    room, other = programme.room(), programme.room()
    ada, grace, jean = (programme.speaker() for _ in range(3))
    first = made(programme.talk(0, 60, room=room, speakers=(ada, grace)))
    second = made(programme.talk(30, 90, room=room, speakers=(ada,)))
    elsewhere = made(programme.talk(0, 60, speakers=()))
    outside = made(programme.talk(-30, 20, speakers=(ada,)))
    programme.set(schedule_conflicts="refused")
    before = programme.conflicts()
    for id in (first, outside):
        assert programme.change(id, state="confirmed").status == 200
        assert programme.change(id, state="accepted", title="Better").status == 200
    speakers = f"/v1/sessions/{first}/relationships/speakers"
    assert programme.by.post(speakers, {"data": [{"type": "speaker", "id": jean}]}).status == 200
    restored = document("speaker", {"deleted-at": None}, grace)
    assert programme.by.delete(f"/v1/speakers/{grace}").status == 200
    assert programme.by.patch(f"/v1/speakers/{grace}?get_trashed=true", restored).status == 200
    assert programme.conflicts() == before
    # Out of the room that is taken twice, though Ada is in two places.
    moved = f"/v1/sessions/{second}/relationships/microlocation"
    assert programme.by.patch(moved, {"data": {"type": "microlocation", "id": other}}).status == 200
    assert programme.by.patch(moved, {"data": {"type": "microlocation", "id": room}}).status == 409
    # What it had does not excuse a change that makes another one.
    assert refused(programme.change(second, **programme.at(29, 90))) == SPEAKERS
    taken = {"data": [{"type": "speaker", "id": jean}]}
    assert programme.by.post(f"/v1/sessions/{elsewhere}/relationships/speakers", taken).status == 409


def test_a_document_that_replaces_who_is_busy_is_taken(programme: Programme) -> None:
    programme.set(schedule_conflicts="refused")
    ada, grace = programme.speaker(), programme.speaker()
    made(programme.talk(60, 120, speakers=(ada,)))
    other = made(programme.talk(200, 260, speakers=(ada,)))

    def moved(*speakers: str) -> Reply:
        body = document("session", programme.at(60, 120), other)
        body["data"]["relationships"] = {
            "speakers": {"data": [{"type": "speaker", "id": id} for id in speakers]}
        }
        return programme.by.patch(f"/v1/sessions/{other}", body)

    assert refused(moved(ada)) == refused(moved(ada, grace)) == SPEAKERS
    assert moved(grace).status == 200
    assert programme.conflicts() == []
    # In the trash it is edited as anybody likes, and checked when it comes back.
    assert programme.by.delete(f"/v1/sessions/{other}").status == 200
    address = f"/v1/sessions/{other}?get_trashed=true"
    outside = document("session", programme.at(-60, 0), other)
    assert programme.by.patch(address, outside).status == 200
    assert refused(programme.by.patch(address, document("session", {"deleted-at": None}, other))) == TIME


def test_nothing_is_outside_of_the_events_time(programme: Programme) -> None:
    programme.set(schedule_conflicts="refused")
    whole = 3 * 24 * 60
    for begins, ends in ((-1, 10), (whole - 10, whole + 1)):
        reply = programme.talk(begins, ends)
        assert refused(reply) == TIME
        in_tokyo = [programme.start + timedelta(hours=9, days=days) for days in (0, 3)]
        told = " to ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in in_tokyo)
        assert reply.errors[0]["detail"] == f"The event is from {told}: no session is outside of it."
    made(programme.talk(0, whole))


def test_two_organizers_place_two_sessions_into_one_slot_at_once(programme: Programme) -> None:
    programme.set(schedule_conflicts="refused")
    room = programme.room()
    with ThreadPoolExecutor(4) as organizers:
        replies = list(organizers.map(lambda _: programme.talk(0, 60, room=room).status, range(8)))
    assert sorted(replies) == [201, *[409] * 7]
    assert programme.conflicts() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("schedule-conflicts", "warn"), ("changeover-minutes", -1), ("changeover-minutes", 1441)],
)
def test_what_the_event_says_is_one_of_few_things(programme: Programme, name: str, value: object) -> None:
    reply = programme.by.patch(programme.address, document("event", {name: value}, programme.event.id))
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, f"/data/attributes/{name}")
