"""schedule.xml, schedule.json and both kinds of xCal: by the published schemas, and read by other programs."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from lxml import etree
from schedule_convert.importers.frab_xml import FrabXmlImporter

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.track import make_track
from tests.feeds.c3voc import demand_schedule_json, demand_schedule_xml, sessions_in
from tests.feeds.conference import NOON, SAID, ZONE, Conference
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.sharing import SHARED

pytestmark = pytest.mark.one_database
PUBLIC = {"A accepted one", "A confirmed one", "All of it ]]>", "Somewhere"}
PATHS = ("/schedule.xml", "/schedule.json", ".xcs", ".jsonld", ".ics")
XCAL = "{urn:ietf:params:xml:ns:icalendar-2.0}"


@pytest.fixture
def conference(database: object) -> Conference:
    return Conference()


def test_schedule_xml_is_as_c3voc_wants_it_and_tells_all_that_is_public(
    client: Client, conference: Conference
) -> None:
    reply = client.get(f"{conference.path}/schedule.xml")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    schedule = demand_schedule_xml(reply.content)
    assert schedule.findtext("conference/title") == SAID
    assert schedule.findtext("conference/time_zone_name") == ZONE
    assert schedule.find("conference/track").attrib == {"name": "Music", "color": "#aabbcc"}
    # Days of the event's zone, rooms by position, what has no room last.
    assert [day.get("date") for day in schedule.iter("day")] == ["2031-02-08", "2031-02-09"]
    first, second = schedule.findall("day")
    assert (first.get("start"), first.get("end")) == (
        "2031-02-08T00:00:00+13:00",
        "2031-02-09T00:00:00+13:00",
    )
    assert [room.get("name") for room in first] == ["Small", "Not decided yet"]
    assert [room.get("name") for room in second] == ["Large & <bright>"]
    assert {title.text for title in schedule.iterfind(".//event/title")} == PUBLIC
    event = second.find("room/event")
    texts = {child.tag: child.text for child in event if not len(child)}
    assert texts == {
        "date": "2031-02-09T12:00:00+13:00",
        "start": "12:00",
        "duration": "00:30",
        "language": "de",
        "room": "Large & <bright>",
        "title": "All of it ]]>",
        "subtitle": "and more",
        "track": "Music",
        "type": "Workshop",
        "abstract": "Short & sweet",
        "description": "Long one",
        "slug": f"{conference.event.identifier}-{conference.whole.id}-all-of-it",
        "url": f"http://localhost:4200/e/{conference.event.identifier}/session/{conference.whole.id}",
    }
    assert [(session.get("id"), session.text) for session in event.find("persons")] == [
        (str(conference.speaker.id), "Zoë O'Neil")
    ]
    assert [link.get("href") for link in event.find("links")] == ["https://example.org/?a=1&b=2"]
    attached = [(link.get("href"), link.text) for link in event.find("attachments")]
    assert attached == [("https://example.org/a.pdf", "Slides"), ("https://example.org/b.pdf", "More")]


def test_schedule_json_says_the_same(client: Client, conference: Conference) -> None:
    reply = client.get(f"{conference.path}/schedule.json")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    demand_schedule_json(reply.json)
    schedule = demand_schedule_xml(client.get(f"{conference.path}/schedule.xml").content)
    assert reply.json["schedule"]["conference"]["time_zone_name"] == ZONE
    assert [room["name"] for room in reply.json["schedule"]["conference"]["rooms"]] == [
        "Large & <bright>",
        "Small",
    ]
    told = {
        (session["guid"], session["date"], session["room"], session["title"])
        for session in sessions_in(reply.json)
    }
    assert told == {
        (event.get("guid"), *(event.findtext(name) for name in ("date", "room", "title")))
        for event in schedule.iter("event")
    }
    (whole,) = [session for session in sessions_in(reply.json) if session["id"] == conference.whole.id]
    (person,) = whole["persons"]
    assert (person["name"], person["avatar"]) == ("Zoë O'Neil", "https://example.org/z.jpg")
    assert UUID(person["guid"]).version == 5


def test_a_program_that_reads_frab_finds_the_sessions(client: Client, conference: Conference) -> None:
    read: Any = FrabXmlImporter().parse(BytesIO(client.get(f"{conference.path}/schedule.xml").content))
    read.prepare()
    events = {event.title: event for event in read.events}
    assert events.keys() == PUBLIC
    whole = events["All of it ]]>"]
    assert (whole.start.isoformat(), whole.duration) == ("2031-02-09T12:00:00+13:00", 30)
    assert [speaker.name for speaker in whole.speakers] == ["Zoë O'Neil"]
    assert (read.title, read.timeslot) == (SAID, 30)


def test_flat_xcal_has_the_elements_that_readers_of_frab_look_for(
    client: Client, conference: Conference
) -> None:
    reply = client.get(f"{conference.path}.xcs")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    root = etree.fromstring(reply.content)
    assert (root.tag, root.nsmap["xCal"]) == ("iCalendar", "urn:ietf:params:xml:ns:xcal")
    assert root.findtext("vcalendar/x-wr-calname") == SAID
    events = {event.findtext("summary"): event for event in root.iterfind("vcalendar/vevent")}
    assert events.keys() == PUBLIC
    whole, somewhere = events["All of it ]]>"], events["Somewhere"]
    told = {child.tag: child.text for child in whole if "{" not in child.tag}
    assert told == {
        "method": "PUBLISH",
        "uid": f"{conference.whole.id}-{conference.event.identifier}",
        "dtstart": "2031-02-09T12:00:00+13:00",
        "dtend": "2031-02-09T12:30:00+13:00",
        "duration": "PT30M",
        "summary": "All of it ]]>",
        "description": "Short & sweet",
        "class": "PUBLIC",
        "status": "CONFIRMED",
        "categories": "Workshop",
        "category": "Workshop",
        "location": "Large & <bright>",
        "url": f"http://localhost:4200/e/{conference.event.identifier}/session/{conference.whole.id}",
        "attendee": "Zoë O'Neil",
    }
    assert whole.findtext("{http://pentabarf.org}event-id") == str(conference.whole.id)
    assert (somewhere.findtext("location"), somewhere.findtext("duration")) == ("Not decided yet", "PT1H30M")


def test_xcal_of_rfc_6321_is_the_calendar_property_by_property(
    client: Client, conference: Conference
) -> None:
    accepting = client.with_headers({"Accept": "application/calendar+xml"})
    reply = accepting.get(f"{conference.path}.xcs")
    assert reply.headers["content-type"] == "application/calendar+xml; charset=utf-8"
    assert "Accept" in reply.headers["vary"]
    root = etree.fromstring(reply.content)
    assert root.tag == f"{XCAL}icalendar"
    assert all(element.tag.startswith(XCAL) for element in root.iter())
    (calendar,) = root
    assert [child.tag for child in calendar] == [f"{XCAL}properties", f"{XCAL}components"]
    zone, *events = calendar.find(f"{XCAL}components")
    assert zone.findtext(f"{XCAL}properties/{XCAL}tzid/{XCAL}text") == ZONE
    assert {offset.text for offset in zone.iter(f"{XCAL}utc-offset")} == {"+12:00", "+13:00"}
    talk = next(
        event for event in events
        if event.findtext(f"{XCAL}properties/{XCAL}summary/{XCAL}text") == "All of it ]]>"
    )  # fmt: skip
    begin = talk.find(f"{XCAL}properties/{XCAL}dtstart")
    assert begin.findtext(f"{XCAL}parameters/{XCAL}tzid/{XCAL}text") == ZONE
    assert begin.findtext(f"{XCAL}date-time") == "2031-02-09T12:00:00"
    assert talk.findtext(f"{XCAL}properties/{XCAL}geo/{XCAL}latitude") == "-36.85"
    assert talk.findtext(f"{XCAL}properties/{XCAL}sequence/{XCAL}integer").isdecimal()
    assert talk.findtext(f"{XCAL}properties/{XCAL}dtstamp/{XCAL}date-time").endswith("Z")


def test_ids_stay_and_the_version_grows_with_a_change(client: Client, conference: Conference) -> None:
    before = client.get(f"{conference.path}/schedule.json")
    known = client.with_headers({"If-None-Match": before.headers["etag"]})
    assert known.get(f"{conference.path}/schedule.json").status == 304
    owner = client.signed_in_as(conference.owner)
    sent = {"data": {"type": "session", "id": str(conference.whole.id), "attributes": {"title": "Renamed"}}}
    assert owner.patch(f"/v1/sessions/{conference.whole.id}", sent).status == 200
    after = known.get(f"{conference.path}/schedule.json")
    assert after.status == 200
    guids = [{session["guid"] for session in sessions_in(reply.json)} for reply in (before, after)]
    assert guids[0] == guids[1]
    versions = [datetime.fromisoformat(reply.json["schedule"]["version"]) for reply in (before, after)]
    assert versions[0] <= versions[1]
    assert "Renamed" in after.text


def test_everybody_gets_the_same_and_nothing_private(client: Client, conference: Conference) -> None:
    owner = client.signed_in_as(conference.owner)
    for path in PATHS:
        query = "?include_sessions" if path == ".ics" else ""
        reply = client.get(conference.path + path + query)
        assert reply.status == 200
        assert owner.get(conference.path + path + query).content == reply.content, path
        assert not [text for text in conference.private if text in reply.text], path
        # What JSON-LD offers counts places, which no shared cache may tell.
        assert reply.headers["cache-control"] == ("private, no-cache" if path == ".jsonld" else SHARED)
        head = client.request("HEAD", conference.path + path + query)
        assert (head.status, head.text, head.headers["etag"]) == (200, "", reply.headers["etag"])
        again = client.with_headers({"If-None-Match": f'W/"x", {reply.headers["etag"]}'})
        assert again.get(conference.path + path + query).status == 304


def test_who_does_not_see_the_event_has_no_feed_of_it(client: Client, conference: Conference) -> None:
    owner = client.signed_in_as(conference.owner)
    draft = stored(make_event, owner=conference.owner, state="draft")
    private = stored(make_event, owner=conference.owner, state="published", privacy="private")
    for path in PATHS:
        for asking in (client, owner):
            for key in (draft.identifier, draft.id, "deadbeef", "999999", "9" * 30):
                assert asking.get(f"/v1/events/{key}{path}").status == 404, path
            assert asking.get(f"/v1/events/{private.identifier}{path}").status == 200
        assert client.get(f"/v1/events/{private.id}{path}").status == 404
        assert owner.get(f"/v1/events/{private.id}{path}").status == 200
        assert client.get(f"/v1/events/{conference.event.id}{path}").status == 200
        assert client.get(f"{conference.path}{path}?sort=name").status == 400
    assert owner.delete(f"/v1/events/{conference.event.id}").status == 200
    for path in PATHS:
        assert client.get(conference.path + path).status == 404


def test_odd_rows_of_old_databases_are_told_as_well_as_can_be(client: Client, database: TestDatabase) -> None:
    event = stored(
        make_event, state="published", name="\x01\x02", timezone="Nowhere/Land", location_name="\ufffe", description=None,
        starts_at="0001-01-01T00:00:00Z", ends_at="9999-12-31T23:59:59Z",
    )  # fmt: skip
    named = {"event": event, "state": "accepted"}
    for begin, end in (
        ("0001-01-01T00:00:00Z", "0001-01-01T00:30:00Z"),
        ("9999-12-31T23:00:00Z", "9999-12-31T23:59:59Z"),
    ):
        stored(
            make_session,
            title="\x00"[1:] + "\x1f",
            short_abstract=None,
            language=None,
            starts_at=begin,
            ends_at=end,
            **named,
        )
    database.run('UPDATE sessions SET slides = \'[1, {}, {"link": 7}, {"link": "https://example.org/s"}]\'')
    track = stored(make_track, event=event, name="Odd")
    stored(
        make_session,
        title="Odd",
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=1),
        track_id=track.id,
        **named,
    )
    database.run("UPDATE tracks SET color = 'blue'")
    # Rooms of one name are one, as schedule.json has them by name; a name of nothing is none.
    for name in ("Hall", "Hall ", "\x03"):
        room = stored(make_microlocation, event=event, name=name)
        times = {"starts_at": NOON, "ends_at": NOON + timedelta(seconds=90)}
        stored(make_session, title="Jeg", microlocation_id=room.id, **times, **named)
    demand_schedule_xml(client.get(f"/v1/events/{event.identifier}/schedule.xml").content)
    reply = client.get(f"/v1/events/{event.identifier}/schedule.json")
    demand_schedule_json(reply.json)
    days = {day["date"]: day["rooms"] for day in reply.json["schedule"]["conference"]["days"]}
    assert days.keys() == {"0001-01-01", "2031-02-07", "9999-12-31"}
    counts = {name: len(rooms) for name, rooms in days["2031-02-07"].items()}
    assert counts == {"Hall": 2, "Not decided yet": 2}
    assert {session["duration"] for session in days["2031-02-07"]["Hall"]} == {"00:02"}
    etree.fromstring(client.get(f"/v1/events/{event.identifier}.xcs").content)
    accepting = client.with_headers({"Accept": "application/calendar+xml"})
    etree.fromstring(accepting.get(f"/v1/events/{event.identifier}.xcs").content)
    assert client.get(f"/v1/events/{event.identifier}.jsonld").status == 200


def repeated(database: TestDatabase, session: Any, count: int, short: str, long: str) -> None:
    """Make so many more sessions like this one, with these texts as SQL."""
    columns = (
        "event_id, state, starts_at, ends_at, title, is_mail_sent, is_locked, created_at, last_modified_at, "
        "average_rating, rating_count, favourite_count"
    )
    database.run(
        f"INSERT INTO sessions ({columns}, short_abstract, long_abstract) SELECT {columns}, {short}, {long} "
        "FROM sessions, generate_series(1, :count) WHERE id = :id", id=session.id, count=count,
    )  # fmt: skip


def test_the_texts_of_a_large_programme_are_cut(client: Client, database: TestDatabase) -> None:
    event = stored(make_event, state="published", starts_at=NOON, ends_at=NOON + timedelta(days=9))
    session = stored(make_session, event=event, starts_at=NOON, ends_at=NOON + timedelta(hours=1))
    repeated(database, session, 199, "repeat('<p>é𝄞</p> ', 200)", "repeat('öö ', 6000)")
    zipped = client.with_headers({"Accept-Encoding": "gzip"})
    for path in (".ics?include_sessions", ".xcs", "/schedule.xml", "/schedule.json"):
        reply = zipped.get(f"/v1/events/{event.identifier}{path}")
        assert (reply.status, reply.size < 6_000_000) == (200, True), reply.text[:500]
    sessions = [*sessions_in(zipped.get(f"/v1/events/{event.identifier}/schedule.json").json)]
    assert len(sessions) == 200
    assert all(7_400 < len(session["description"]) <= 7_500 for session in sessions[1:])
    refused = client.get(f"/v1/events/{event.identifier}/schedule.json")
    assert (refused.status, refused.errors[0]["source"]) == (400, {"header": "Accept-Encoding"})


def test_of_thousands_of_sessions_the_first_are_told(client: Client, database: TestDatabase) -> None:
    event = stored(make_event, state="published", starts_at=NOON, ends_at=NOON + timedelta(days=9))
    session = stored(make_session, event=event, starts_at=NOON, ends_at=NOON + timedelta(hours=1))
    repeated(database, session, 5_000, "'short'", "'long'")
    reply = client.with_headers({"Accept-Encoding": "gzip"}).get(f"/v1/events/{event.id}/schedule.json")
    assert sum(1 for _ in sessions_in(reply.json)) == 5_000
