"""Check-in statistics: today's numbers, by the day of the event's time zone, for the team alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock, db
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.session_type import make_session_type
from tests.factories.speaker import make_speaker
from tests.factories.station import make_station
from tests.factories.station_store_pax import make_station_store_pax
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.factories.user_check_in import make_user_check_in
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.http_client import Client
from tests.support.statements import counted_statements

NUMBERS = (
    "total_attendee", "total_registered", "total_not_checked_in", "total_track_checked_in",
    "total_track_checked_out", "total_session_checked_in", "total_session_checked_out",
)  # fmt: skip


class World:
    """An event in Tokyo with a room, a track, a session with a speaker, stations and three people."""

    def __init__(self) -> None:
        self.owner = stored(make_user)
        self.event = stored(make_event, owner=self.owner, timezone="Asia/Tokyo")
        room = stored(make_microlocation, event=self.event)
        self.track = stored(make_track, event=self.event, name="Parsing")
        kind = stored(make_session_type, event=self.event, name="Workshop")
        now = clock.now()
        self.talk = stored(
            make_session, event=self.event, state="accepted", title="Bytes", microlocation_id=room.id,
            track_id=self.track.id, session_type_id=kind.id,
            starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1),
        )  # fmt: skip
        self.speaker = stored(make_speaker, event=self.event, name="Ada")
        with db.transaction() as session:
            db.fetch(
                session,
                "INSERT INTO speakers_sessions (session_id, speaker_id) VALUES ($1, $2)",
                [self.talk.id, self.speaker.id],
            )
        self.desk, self.enter, self.leave = (
            stored(make_station, event=self.event, station_type=item, microlocation_id=room.id)
            for item in ("registration", "check in", "check out")
        )
        order = stored(make_order, event=self.event, status="completed")
        self.people = [stored(make_attendee, event=self.event, order=order) for _ in range(3)]
        unfinished = stored(make_order, event=self.event, status="initializing")
        self.unpaid = stored(make_attendee, event=self.event, order=unfinished)

    def come(self, station: Any, attendee: Any, talk: Any = None, at: datetime | None = None) -> None:
        stored(
            make_user_check_in, station=station, ticket_holder=attendee,
            session_id=talk.id if talk is not None else None, created_at=at or clock.now(),
        )  # fmt: skip

    def told(self, client: Client, **asked: Any) -> Any:
        reply = client.get(f"/v1/user-check-in/stats/event/{self.event.id}", query=asked)
        assert reply.status == 200, reply.text
        return reply.json


@pytest.fixture
def world(database: object) -> World:
    return World()


def test_the_numbers_of_today_by_session_and_track(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = client.signed_in_as(world.owner)
    ada, bob, _ = world.people
    for person in (ada, bob, world.unpaid):
        world.come(world.desk, person)
    for station, person in (
        (world.enter, ada), (world.leave, ada), (world.enter, ada), (world.enter, bob), (world.enter, world.unpaid),
    ):  # fmt: skip
        world.come(station, person, world.talk)
    pax = stored(make_station_store_pax, station=world.enter, talk=world.talk, current_pax=7)
    asked = {"session_ids": f"{world.talk.id}, 999", "track_ids": world.track.id}
    world.told(asking, **asked)
    with counted_statements(monkeypatch) as statements:
        told = world.told(asking, **asked)

    assert sum("user_check_ins" in statement for statement in statements) == 1
    assert [told[name] for name in NUMBERS] == [3, 2, 1, 2, 1, 2, 1]
    (of_session,), (of_track,) = told["session_stats"], told["track_stats"]
    counted = of_session.pop("manual_count")
    assert set(counted) == {"current_pax", "created_at", "modified_at"}
    assert counted["current_pax"] == 7
    assert datetime.fromisoformat(counted["created_at"]) == pax.created_at
    assert of_session == {
        "session_id": str(world.talk.id), "session_name": "Workshop", "track_name": "Parsing",
        "speakers": ["Ada"], "check_in": 2, "check_out": 1,
    }  # fmt: skip
    assert of_track == {
        "track_id": str(world.track.id), "track_name": "Parsing", "current_speakers": ["Ada"],
        "current_session": "Workshop", "check_in": 2, "check_out": 1,
    }  # fmt: skip


def test_without_ids_the_lists_are_empty_and_a_session_without_count_says_so(
    client: Client, world: World
) -> None:
    asking = client.signed_in_as(world.owner)
    told = world.told(asking)
    assert set(told) == {*NUMBERS, "session_stats", "track_stats"}
    assert (told["session_stats"], told["track_stats"]) == ([], [])
    (of_session,) = world.told(asking, session_ids=world.talk.id)["session_stats"]
    assert of_session["manual_count"] == {}
    with clock.shifted(timedelta(hours=2)):
        (of_track,) = world.told(asking, track_ids=world.track.id)["track_stats"]
    assert (of_track["current_session"], of_track["current_speakers"]) == ("", [])


def test_a_day_is_one_of_the_event_s_time_zone(client: Client, world: World) -> None:
    # 20:00 UTC is five in the morning of the next day in Tokyo, 14:00 UTC is eleven at night.
    evening = (clock.now() + timedelta(days=1)).astimezone(UTC).replace(hour=20, minute=0, second=0)
    ada, bob, _ = world.people
    world.come(world.desk, ada, at=evening - timedelta(hours=6))
    world.come(world.desk, bob, at=evening)
    with clock.shifted(evening + timedelta(minutes=1) - clock.now()):
        told = world.told(client.signed_in_as(world.owner))
    assert told["total_registered"] == 1


def test_sessions_and_tracks_of_other_events_are_not_told(client: Client, world: World) -> None:
    other = stored(make_event)
    talk, track = stored(make_session, event=other, title="Secret"), stored(make_track, event=other)
    told = world.told(client.signed_in_as(world.owner), session_ids=talk.id, track_ids=track.id)
    assert (told["session_stats"], told["track_stats"]) == ([], [])


def test_the_numbers_are_for_the_team(client: Client, world: World) -> None:
    path = f"/v1/user-check-in/stats/event/{world.event.id}"
    helper, registrar = stored(make_user), stored(make_user)
    stored(make_users_events_roles, event=world.event, user=helper, role="coorganizer")
    stored(make_users_events_roles, event=world.event, user=registrar, role="registrar")
    assert client.signed_in_as(helper).get(path).status == 200
    assert client.signed_in_as(stored(make_user, is_admin=True)).get(path).status == 200
    assert client.get(path).status == 401
    for item in (registrar, stored(make_user)):
        assert client.signed_in_as(item).get(path).status in {403, 404}
    assert client.signed_in_as(world.owner).get("/v1/user-check-in/stats/event/99999").status == 404


@pytest.mark.parametrize("asked", ["a", "1;2", "1,", "-1", "9" * 19, ",".join(map(str, range(101)))])
def test_ids_that_are_none_are_refused(client: Client, world: World, asked: str) -> None:
    path = f"/v1/user-check-in/stats/event/{world.event.id}"
    for name in ("session_ids", "track_ids"):
        reply = client.signed_in_as(world.owner).get(path, query={name: asked})
        assert (reply.status, reply.errors[0]["source"]) == (400, {"parameter": name})
