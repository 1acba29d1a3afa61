"""Calendar files, read back by a parser: what is told, to whom, and how calendars notice a change."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.user_favourite_session import make_user_favourite_session
from tests.support.documents import document
from tests.support.http_client import Client, Reply


class World:
    """A published event in Berlin with an accepted, a confirmed, a pending and a canceled session."""

    def __init__(self) -> None:
        self.owner = stored(make_user)
        self.event = stored(
            make_event, owner=self.owner, state="published", name="Tage, der; Freiheit\nzwei", timezone="Europe/Berlin",
            starts_at="2027-03-27T08:00:00Z", ends_at="2027-03-29T16:00:00Z", location_name="Kongresszentrum",
            latitude=52.5, longitude=13.25, description="<p>Drei <b>Tage</b></p>",
        )  # fmt: skip
        room = stored(make_microlocation, event=self.event, name="Saal 1")
        times = {"starts_at": "2027-03-28T09:00:00Z", "ends_at": "2027-03-28T10:00:00Z"}
        self.talks = {
            state: stored(make_session, event=self.event, state=state, title=f"A {state} one", microlocation_id=room.id, **times)
            for state in ("accepted", "confirmed", "pending", "canceled", "draft", "rejected", "withdrawn")
        }  # fmt: skip
        stored(
            make_session, event=self.event, state="accepted", title="No time", starts_at=None, ends_at=None
        )
        self.address = f"/v1/events/{self.event.identifier}.ics"


@pytest.fixture
def world(database: object) -> World:
    return World()


def parsed(reply: Reply) -> icalendar.Calendar:
    assert reply.status == 200, reply.text
    assert reply.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line.encode()) <= 75 for line in reply.content.decode().split("\r\n"))
    found = icalendar.Calendar.from_ical(reply.content)
    assert not found.errors
    assert isinstance(found, icalendar.Calendar)
    return found


def events(reply: Reply) -> dict[str, Any]:
    return {str(item["SUMMARY"]): item for item in parsed(reply).walk("VEVENT")}


def test_an_event_is_told_in_its_zone(client: Client, world: World) -> None:
    reply = client.get(world.address)
    (event,) = events(reply).values()
    assert event["UID"] == world.event.identifier
    assert event["SUMMARY"] == "Tage, der; Freiheit zwei"
    assert event["DTSTART"].dt == datetime(2027, 3, 27, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert event["LOCATION"] == "Kongresszentrum"
    assert event["DESCRIPTION"] == "Drei Tage"
    assert event["GEO"].to_ical() == "52.5;13.25"
    assert (event["STATUS"], int(event["SEQUENCE"])) == ("CONFIRMED", 0)
    assert event["URL"].endswith(f"/e/{world.event.identifier}")
    calendar = parsed(reply)
    assert (calendar["METHOD"], calendar["VERSION"]) == ("PUBLISH", "2.0")
    assert calendar["PRODID"]
    zone: Any = calendar.walk("VTIMEZONE")[0]
    switches = {
        (part.name, str(part["DTSTART"].dt), part["TZOFFSETTO"].to_ical()) for part in zone.subcomponents
    }
    assert ("DAYLIGHT", "2027-03-28 02:00:00", "+0200") in switches
    assert ("STANDARD", "2027-10-31 03:00:00", "+0100") in switches


def test_sessions_are_those_of_the_programme(client: Client, world: World) -> None:
    told = events(client.get(f"{world.address}?include_sessions"))
    assert set(told) == {"Tage, der; Freiheit zwei", "A accepted one", "A confirmed one"}
    talk = told["A accepted one"]
    assert talk["UID"] == f"{world.talks['accepted'].id}-{world.event.identifier}"
    assert talk["LOCATION"] == "Saal 1"
    assert talk["DTSTART"].dt == datetime(2027, 3, 28, 11, tzinfo=ZoneInfo("Europe/Berlin"))
    assert set(events(client.signed_in_as(world.owner).get(f"{world.address}?include_sessions"))) == set(told)


def test_ones_own_schedule_is_ones_own(client: Client, world: World) -> None:
    fan, other = stored(make_user), stored(make_user)
    for who, state in ((fan, "accepted"), (fan, "pending"), (other, "confirmed")):
        stored(make_user_favourite_session, user=who, session=world.talks[state])
    mine = client.signed_in_as(fan)
    for query in ("?my_schedule", f"?include_sessions&my_schedule&user_id={fan.id}"):
        assert set(events(mine.get(world.address + query))) == {"Tage, der; Freiheit zwei", "A accepted one"}
    refused = client.get(f"{world.address}?my_schedule&user_id={fan.id}")
    assert (refused.status, refused.json) == (401, {"error": "Login or User ID required"})
    assert mine.get(f"{world.address}?my_schedule&user_id={other.id}").status == 403


def test_a_change_has_a_higher_sequence_and_another_tag(client: Client, world: World) -> None:
    before = client.get(world.address)
    same = client.with_headers({"If-None-Match": before.headers["etag"]})
    assert same.get(world.address).status == 304
    owner = client.signed_in_as(world.owner)
    change = document("event", {"location-name": "Anderswo"}, world.event.id)
    assert owner.patch(f"/v1/events/{world.event.id}", change).status == 200
    reply = same.get(world.address)
    (event,) = events(reply).values()
    assert event["LOCATION"] == "Anderswo"
    assert int(event["SEQUENCE"]) >= 0
    assert event["LAST-MODIFIED"].dt >= event["CREATED"].dt
    assert event["UID"] == world.event.identifier


def test_drafts_and_what_is_hidden_have_no_calendar(client: Client, world: World) -> None:
    owner = client.signed_in_as(world.owner)
    draft = stored(make_event, owner=world.owner, state="draft")
    private = stored(make_event, owner=world.owner, state="published", privacy="private")
    for asking in (client, owner):
        assert asking.get(f"/v1/events/{draft.identifier}.ics").status == 404
        assert asking.get("/v1/events/deadbeef.ics").status == 404
        assert asking.get("/v1/events/999999.ics").status == 404
        assert asking.get(f"/v1/events/{private.identifier}.ics").status == 200
    assert client.get(f"/v1/events/{private.id}.ics").status == 404
    assert owner.get(f"/v1/events/{private.id}.ics").status == 200
    assert owner.delete(f"/v1/events/{world.event.id}").status == 200
    assert client.get(world.address).status == 404


def test_a_bare_event_and_a_download(client: Client, world: World) -> None:
    bare = stored(
        make_event, state="published", location_name=None, online=True, description=None, latitude=None
    )
    reply = client.get(f"/v1/events/{bare.identifier}.ics?download")
    (event,) = events(reply).values()
    assert event["LOCATION"].endswith(f"/e/{bare.identifier}")
    assert "GEO" not in event
    assert f"{bare.identifier}-" in reply.headers["content-disposition"]


def test_texts_of_several_lines_and_separators_are_escaped(client: Client, world: World) -> None:
    owner = client.signed_in_as(world.owner)
    event_name, about = "A, B; C\\D ATTACH:file:///etc/passwd", "First\nSecond, third; \\n"
    hostile = {
        "name": "A, B; C\\D\r\nATTACH:file:///etc/passwd",
        "description": "<p>First</p><p>Second, third; \\n</p>",
        "location-name": "Hall\r\nEND:VEVENT",
    }
    change = document("event", hostile, world.event.id)
    assert owner.patch(f"/v1/events/{world.event.id}", change).status == 200
    reply = client.get(world.address)
    calendar = parsed(reply)
    for name, text in (("X-WR-CALNAME", event_name), ("X-WR-CALDESC", about)):
        assert calendar[name].to_ical() == icalendar.vText(text).to_ical()
    (event,) = events(reply).values()
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (event_name, about)
    assert event["LOCATION"] == "Hall END:VEVENT"
    assert "ATTACH" not in event


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_dates_at_the_ends_of_time_have_a_calendar(client: Client, world: World, zone: str) -> None:
    for begin, end in (
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-30T00:00:00Z", "9999-12-31T23:59:59Z"),
    ):
        event = stored(make_event, state="published", timezone=zone, starts_at=begin, ends_at=end)
        stored(
            make_session, event=event, state="accepted", starts_at="2031-01-01T00:00:00Z", ends_at="9999-12-31T23:59:59Z"
        )  # fmt: skip
        reply = client.get(f"/v1/events/{event.identifier}.ics?include_sessions")
        assert len(events(reply)) == 2
        assert len(parsed(reply).walk("VTIMEZONE")[0].subcomponents) <= 210
