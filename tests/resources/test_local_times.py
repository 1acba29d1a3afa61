"""Local time and zone are the truth: over daylight-saving changes, new rules of a zone, and another zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib import clock
from chalicelib.resources.events.event import local_times
from chalicelib.tasks.follow_zone_rules import follow_zone_rules
from chalicelib.values import offsets, zones
from chalicelib.values.offsets import local_time, moment_of, offsets_of
from tests.factories import stored
from tests.factories.user import make_user
from tests.resources.test_rooms_and_breaks import refused
from tests.resources.test_schedule_conflicts import Programme, made
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump

BERLIN = ZoneInfo("Europe/Berlin")


class NewRules(tzinfo):
    """Europe/Berlin, had it abolished daylight-saving time for ever summer."""

    def utcoffset(self, _moment: datetime | None) -> timedelta:
        return timedelta(hours=2)

    def dst(self, _moment: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, _moment: datetime | None) -> str:
        return "CEST"


@pytest.fixture
def new_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is asked for Europe/Berlin gets the new rules: the same as a newer tzdata."""
    former = zones.zone

    def zone(name: str) -> tzinfo:
        return NewRules() if name == "Europe/Berlin" else former(name)

    with monkeypatch.context() as patch:
        for module in (zones, offsets, local_times):
            patch.setattr(module, "zone", zone)
        yield


@pytest.fixture
def programme(client: Client) -> Programme:
    """A conference of four days around the last Sunday of October 2099, when the clocks go back."""
    found = Programme(client)
    found.start = datetime(2099, 10, 23, 9, tzinfo=BERLIN)
    ends = datetime(2099, 10, 26, 18, tzinfo=BERLIN)
    found.set(timezone="Europe/Berlin", starts_at=found.start.isoformat(), ends_at=ends.isoformat())
    return found


def talk_at(programme: Programme, begins: datetime) -> str:
    sent = {
        "title": "Talk",
        "state": "accepted",
        "starts-at": begins.isoformat(),
        "ends-at": (begins + timedelta(hours=1)).isoformat(),
    }
    return made(
        programme.by.post("/v1/sessions", document("session", sent, event=("event", programme.event)))
    )


def begins(programme: Programme, id: str) -> datetime:
    return datetime.fromisoformat(programme.client.get(f"/v1/sessions/{id}").data["attributes"]["starts-at"])


def event_begins(programme: Programme) -> datetime:
    return datetime.fromisoformat(programme.by.get(programme.address).data["attributes"]["starts-at"])


def daily(pump: Pump) -> None:
    from chalicelib import db, outbox  # the queue of this test

    with db.transaction() as session:
        day = clock.now().date().isoformat()
        outbox.add(session, follow_zone_rules.__name__, {"day": day, "days": 1})
    outbox.relay()
    pump.everything()


def test_local_times_are_kept_over_a_change_of_the_clocks(programme: Programme) -> None:
    before, after = (datetime(2099, 10, day, 10, tzinfo=BERLIN) for day in (24, 26))
    ids = [talk_at(programme, moment) for moment in (before, after)]
    shown = [begins(programme, id).astimezone(BERLIN).hour for id in ids]
    assert shown == [10, 10]
    calendar = programme.client.get(f"{programme.address}.ics?include_sessions").text
    assert "DTSTART;TZID=Europe/Berlin:20991024T100000" in calendar
    assert "DTSTART;TZID=Europe/Berlin:20991026T100000" in calendar


def test_new_rules_of_a_zone_move_moments_and_not_clocks(
    programme: Programme, pump: Pump, request: pytest.FixtureRequest
) -> None:
    before, after = (datetime(2099, 10, day, 10, tzinfo=BERLIN) for day in (24, 26))
    first, second = talk_at(programme, before), talk_at(programme, after)
    free = [{"starts-at": after.isoformat(), "ends-at": (after + timedelta(hours=3)).isoformat()}]
    room = programme.make("microlocation", {"name": "Hall", "availability": free})
    lunch = {
        "name": "Lunch",
        "starts-at": after.isoformat(),
        "ends-at": (after + timedelta(hours=1)).isoformat(),
    }
    break_id = made(
        programme.by.post(
            "/v1/schedule-breaks", document("schedule-break", lunch, event=("event", programme.event))
        )
    )
    daily(pump)
    assert begins(programme, second) == after
    request.getfixturevalue("new_rules")
    daily(pump)
    hour = timedelta(hours=1)
    # On the 24th it was summer by either rules; on the 26th 10:00 is an hour earlier now.
    assert (begins(programme, first), begins(programme, second)) == (before, after - hour)
    attributes = programme.by.get(f"/v1/microlocations/{room}").data["attributes"]
    assert datetime.fromisoformat(attributes["availability"][0]["starts-at"]) == after - hour
    shown = programme.by.get(f"/v1/schedule-breaks/{break_id}").data["attributes"]
    assert datetime.fromisoformat(shown["starts-at"]) == after - hour
    ends = programme.by.get(programme.address).data["attributes"]["ends-at"]
    assert datetime.fromisoformat(ends) == datetime(2099, 10, 26, 16, tzinfo=UTC)
    daily(pump)
    assert begins(programme, second) == after - hour


def test_another_zone_keeps_the_moments_or_the_clocks(programme: Programme, client: Client) -> None:
    at = datetime(2099, 10, 24, 10, tzinfo=BERLIN)
    id = talk_at(programme, at)
    programme.set(timezone="Europe/Lisbon")
    assert (begins(programme, id), event_begins(programme)) == (at, programme.start)
    programme.set(timezone="Europe/Berlin")
    address = f"{programme.address}/change-zone"
    assert client.signed_in_as(stored(make_user)).post(address, {"timezone": "Europe/Lisbon"}).status == 403
    reply = programme.by.post(address, {"timezone": "Europe/Lisbon"})
    assert reply.status == 200, reply.text
    lisbon = ZoneInfo("Europe/Lisbon")
    assert begins(programme, id) == at.replace(tzinfo=lisbon)
    assert event_begins(programme) == datetime(2099, 10, 23, 9, tzinfo=lisbon)
    wrong: tuple[tuple[Any, str], ...] = (
        ({"timezone": "Mars/Base"}, "/timezone"),
        ({"zone": "UTC"}, "/zone"),
    )
    for body, pointer in wrong:
        assert refused(programme.by.post(address, body), 422) == pointer


def test_offsets_say_when_the_clocks_go_back() -> None:
    autumn = datetime(2030, 10, 20, tzinfo=UTC), datetime(2030, 11, 3, tzinfo=UTC)
    known = offsets_of("Europe/Berlin", *autumn)
    assert known == [(autumn[0], 7200), (datetime(2030, 10, 27, 1, tzinfo=UTC), 3600)]
    twice = datetime(2030, 10, 27, 2, 30)  # noqa: DTZ001 - a local time
    first, second = (datetime(2030, 10, 27, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert [local_time(moment, known) for moment in (first, second)] == [twice, twice]
    assert moment_of(twice, "Europe/Berlin") == first
    skipped = datetime(2030, 3, 31, 2, 30)  # noqa: DTZ001
    assert moment_of(skipped, "Europe/Berlin") == datetime(2030, 3, 31, 1, 30, tzinfo=UTC)


def test_what_is_always_to_be_had_stays_so_in_another_zone(programme: Programme) -> None:
    always = {"starts-at": "0001-01-01T00:00:00+00:00", "ends-at": "9999-12-31T23:59:59+00:00"}
    room = programme.make("microlocation", {"name": "Hall", "availability": [always]})
    for zone in ("America/Los_Angeles", "Asia/Kolkata"):
        changed = programme.by.post(f"{programme.address}/change-zone", {"timezone": zone})
        assert changed.status == 200, changed.text
    shown = programme.by.get(f"/v1/microlocations/{room}").data["attributes"]
    assert shown["availability"] == [always]


def test_what_begins_when_the_clocks_skip_an_hour_is_as_long_as_it_was(programme: Programme) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    starts, ends = (datetime(2030, 3, day, 9, tzinfo=tokyo).isoformat() for day in (8, 12))
    programme.set(timezone="Asia/Tokyo", starts_at=starts, ends_at=ends)
    time = {"starts-at": "2030-03-10T02:30:00+09:00", "ends-at": "2030-03-10T03:15:00+09:00"}
    room = programme.make("microlocation", {"name": "Hall", "availability": [time]})
    talk = programme.make("session", {"title": "Talk", "state": "accepted", **time})
    pause = programme.make("schedule-break", {"name": "Tea", **time})
    linked = {"data": {"type": "microlocation", "id": room}}
    there = f"/v1/sessions/{talk}/relationships/microlocation"
    assert programme.by.patch(there, linked).status == 200
    changed = programme.by.post(f"{programme.address}/change-zone", {"timezone": "America/New_York"})
    assert changed.status == 200, changed.text
    expected = ("2030-03-10T07:30:00+00:00", "2030-03-10T08:15:00+00:00")  # 03:30 to 04:15 in summer time
    session, tea = (
        programme.by.get(path).data["attributes"]
        for path in (f"/v1/sessions/{talk}", f"/v1/schedule-breaks/{pause}")
    )
    (free,) = programme.by.get(f"/v1/microlocations/{room}").data["attributes"]["availability"]
    assert [(each["starts-at"], each["ends-at"]) for each in (session, tea, free)] == [expected] * 3
    assert programme.conflicts() == [("break", [int(talk)])]
