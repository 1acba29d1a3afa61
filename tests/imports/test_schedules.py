"""Programmes in others' formats: what feeds write comes back, and what others write is understood."""

import json
from typing import Any

import pytest

from chalicelib.values.xml_writing import sayable
from tests.feeds.conference import Conference
from tests.imports.conftest import Place, ended, send_file
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database
FEEDS = [
    ("schedule.xml", "", "pentabarf", "a.xml"),
    ("schedule.json", "", "pentabarf", "a.json"),
    (".ics", "?include_sessions", "ical", "a.ics"),
    (".xcs", "", "xcal", "a.xcal"),
    (".xcs", "rfc", "xcal", "a.xcs"),
]


def feed(asking: Client, event: Any, end: str, query: str) -> bytes:
    """The bytes of a feed."""
    path = f"/v1/events/{event}{end if end.startswith('.') else '/' + end}"
    headers = {"Accept": "application/calendar+xml" if query == "rfc" else "*/*"}
    reply = asking.get(path + query.removeprefix("rfc"), headers=headers)
    assert reply.status == 200, reply.text
    return reply.content


def talks_of(client: Client, event: Any) -> Any:
    """What schedule.json says of the talks, without what is the event's own."""
    conference = json.loads(feed(client, event, "schedule.json", ""))["schedule"]["conference"]
    talks = [
        {
            **{name: talk[name] for name in talk if name not in {"guid", "id", "slug", "url"}},
            "persons": [person["name"] for person in talk["persons"]],
            "description": sayable(talk["description"]),
        }
        for day in conference["days"]
        for room in day["rooms"].values()
        for talk in room
    ]
    return [conference["title"], conference["time_zone_name"], conference["tracks"], talks]


@pytest.mark.parametrize(("end", "query", "source", "name"), FEEDS)
def test_what_feeds_write_comes_back(
    client: Client, pump: Pump, database: TestDatabase, end: str, query: str, source: str, name: str
) -> None:
    conference = Conference(is_sessions_speakers_enabled=True)
    if source == "pentabarf":  # by the API nobody can give a name with a tag in it
        database.run("UPDATE microlocations SET name = 'Large & loud' WHERE id = :id", id=conference.large.id)
    asking = client.signed_in_as(conference.owner)
    content = feed(client, conference.event.identifier, end, query)
    own = send_file(asking, f"/v1/events/{conference.event.id}/import/schedule", name, content)
    told = ended(asking, pump, own)
    assert told["state"] == "SUCCESS", json.dumps(told, indent=1)
    assert {entry["action"] for entry in told["result"]["entries"]} == {"unchanged"}, told
    assert told["result"]["counts"]["session"]["unchanged"] == len(told["result"]["entries"]) >= 4

    new = send_file(asking, f"/v1/events/import/{source}", name, content)
    told = ended(asking, pump, new)
    assert told["state"] == "SUCCESS", json.dumps(told, indent=1)
    id = told["result"]["id"]
    made = asking.get(f"/v1/events/{id}").data["attributes"]
    assert told["result"]["event_name"] == made["name"]
    assert told["result"]["url"].endswith(f"/events/{made['identifier']}")
    zone = "UTC" if name == "a.xcal" else "Pacific/Auckland"  # which frab's xCal does not say
    assert (made["state"], made["timezone"]) == ("draft", zone)
    job = database.rows("SELECT * FROM import_jobs ORDER BY id DESC LIMIT 1")[0]
    assert (job["task"], job["result"], job["result_status"]) == (
        new.json["task_url"].split("/")[3],
        str(id),
        "SUCCESS",
    )
    database.run("UPDATE events SET state = 'published' WHERE id = :id", id=id)
    again = send_file(asking, f"/v1/events/{id}/import/schedule", name, content)
    told = ended(asking, pump, again)
    assert {entry["action"] for entry in told["result"]["entries"]} == {"unchanged"}, told
    if source == "pentabarf":
        assert talks_of(client, made["identifier"]) == talks_of(client, conference.event.identifier)


FRAB = """<?xml version="1.0" encoding="ISO-8859-1"?>
<schedule><version>Caf\u00e9</version>
 <conference><acronym>mrmcd</acronym><title>MRMCD</title><start>2031-09-04</start><end>2031-09-05</end>
  <days>2</days><timeslot_duration>00:15</timeslot_duration></conference>
 <day index="1" date="2031-09-04" start="2031-09-04T09:00:00+02:00"><room name="Saal">
  <event id="11"><start>10:00</start><duration>01:30</duration><title>Erster</title><track>Bau</track>
   <type>lecture</type><language>de</language><abstract>Kurz &amp; gut</abstract><description/>
   <persons><person id="1">B\u00e4r</person><person id="2">Zo\u00eb</person></persons>
   <links><link href="https://example.org/1">Eins</link><link href="gopher://x">Zwei</link></links></event>
  <event id="12"><start>01:15</start><duration>00:30</duration><title>Nachts</title><track/><type>other</type>
   <persons/></event>
  <event id="13"><start>25:00</start><duration>00:30</duration><title>Nie</title></event>
 </room></day></schedule>
""".encode("latin-1")
PRETALX: dict[str, Any] = {
    "schedule": {
        "version": "1",
        "base_url": "https://pretalx.example.org/x/",
        "conference": {
            "acronym": "democon",
            "title": "DemoCon",
            "start": "2031-12-14",
            "end": "2031-12-16",
            "daysCount": 3,
            "time_zone_name": "America/New_York",
            "timeslot_duration": "00:05",
            "tracks": [{"name": "Phased", "color": "#00ff00"}],
            "rooms": [
                {"name": "Gray Room", "guid": "b379c473-93b9-4eae-9a09-d482e86cede3", "capacity": None}
            ],
            "days": [
                {
                    "index": 1,
                    "date": "2031-12-14",
                    "day_start": "2031-12-14T04:00:00+01:00",
                    "day_end": "2031-12-15T03:59:00+01:00",
                    "rooms": {
                        "Gray Room": [
                            {
                                "id": 25,
                                "guid": "8079583e-8321-506c-95af-fd2903a5f075",
                                "date": "2031-12-14T09:00:00-05:00",
                                "start": "09:00",
                                "duration": "00:30",
                                "room": "Gray Room",
                                "title": "Hardware",
                                "subtitle": "",
                                "track": "Phased",
                                "type": "Talk",
                                "language": "en",
                                "abstract": "Brand!",
                                "description": None,
                                "do_not_record": False,
                                "persons": [
                                    {
                                        "id": 26,
                                        "code": "NQTF8Y",
                                        "public_name": "Brian",
                                        "biography": "Wrote.",
                                    }
                                ],
                                "links": [],
                                "attachments": [],
                                "answers": [],
                            }
                        ]
                    },
                }
            ],
        },
    }
}
OUTLOOK = """BEGIN:VCALENDAR\r
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN\r
VERSION:2.0\r
X-WR-CALNAME:Team\\, days\r
BEGIN:VTIMEZONE\r
TZID:W. Europe Standard Time\r
BEGIN:STANDARD\r
DTSTART:16011028T030000\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:a1@example.org\r
DTSTART;TZID="W. Europe Standard Time":20310704T100000\r
DURATION:PT1H30M\r
SUMMARY:Long\r
  folded \\; title\r
DESCRIPTION:One\\nTwo\r
LOCATION:Saal\r
BEGIN:VALARM\r
TRIGGER:-PT15M\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:a2@example.org\r
DTSTART;VALUE=DATE:20310705\r
SUMMARY:All day\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:a3@example.org\r
DTSTART:20310705T100000Z\r
DTEND:20310705T110000Z\r
RRULE:FREQ=SECONDLY\r
SUMMARY:Again\r
END:VEVENT\r
END:VCALENDAR\r
"""
FLAT = """<?xml version="1.0" encoding="utf-8"?>
<iCalendar xmlns:pentabarf="http://pentabarf.org" xmlns:xCal="urn:ietf:params:xml:ns:xcal"><vcalendar>
 <version>2.0</version><x-wr-calname>mrmcd Schedule</x-wr-calname>
 <vevent><uid>11@mrmcd@pentabarf.org</uid><pentabarf:title>Erster</pentabarf:title>
  <pentabarf:subtitle>Teil</pentabarf:subtitle><pentabarf:language-code>de</pentabarf:language-code>
  <dtstart>20310904T100000</dtstart><dtend>20310904T113000</dtend><duration>013000</duration>
  <summary>Erster- Teil</summary><description>N/A</description><category>Lecture</category>
  <location>Saal</location><attendee>Bär</attendee></vevent></vcalendar></iCalendar>
"""


def test_what_others_write_is_understood(place: Place) -> None:
    """Files as frab, pretalx, Outlook and frab's xCal have them, each imported twice."""
    made: dict[str, Any] = {"create_missing": "true"}
    told = place.report("schedule", "frab.xml", FRAB, **made)
    refused = [entry for entry in told["result"]["entries"] if entry["action"] == "refused"]
    assert [(entry["path"], entry["detail"]) for entry in refused] == [
        ("/schedule/day[1]/room[1]/event[3]", "start is no hour such as 09:30, or its day has no date.")
    ]
    told = place.report("schedule", "frab.xml", FRAB, skip_refused="true", **made)
    assert told["result"]["counts"]["session"] == {"made": 2, "changed": 0, "unchanged": 0, "refused": 1}
    assert told["result"]["counts"]["speaker"]["made"] == 2
    first, night = _sessions(place)
    assert (first["title"], first["state"], first["language"], first["website"]) == (
        "Erster",
        "accepted",
        "de",
        "https://example.org/1",
    )
    assert first["starts_at"].isoformat() == "2031-09-04T08:00:00+00:00"
    assert first["ends_at"].isoformat() == "2031-09-04T09:30:00+00:00"
    assert night["starts_at"].isoformat() == "2031-09-04T23:15:00+00:00"  # after midnight, of the day before
    assert place.database.one(
        "SELECT string_agg(name, ',' ORDER BY id) FROM speakers WHERE event_id = :id", id=place.event.id
    ) == ("Bär,Zoë")
    told = place.report("schedule", "frab.xml", FRAB, skip_refused="true")
    assert told["result"]["counts"]["session"] == {"made": 0, "changed": 0, "unchanged": 2, "refused": 1}

    content = json.dumps(PRETALX)
    assert place.imported("schedule", "p.json", content, **made) == {
        "microlocation": {"made": 1},
        "track": {"made": 1},
        "speaker": {"made": 1},
        "session": {"made": 1},
    }
    content = (
        content.replace("Brand!", "Brand new!").replace("Wrote.", "Wrote more.").replace("00:30", "00:45")
    )
    assert place.imported("schedule", "p.json", content) == {
        "speaker": {"changed": 1},
        "session": {"changed": 1},
    }
    assert place.imported("schedule", "p.json", content) == {"session": {"unchanged": 1}}
    talk = _sessions(place)[2]
    assert (talk["short_abstract"], talk["ends_at"].isoformat()) == (
        "Brand new!",
        "2031-12-14T14:45:00+00:00",
    )

    told = place.report("schedule", "team.ics", OUTLOOK, skip_refused="true", **made)
    assert told["result"]["counts"]["session"] == {"made": 2, "changed": 0, "unchanged": 0, "refused": 1}
    assert told["result"]["entries"][0]["detail"] == "It repeats: only single entries are imported."
    *_, long, day = _sessions(place)
    assert (long["title"], long["short_abstract"]) == ("Long folded ; title", "One\nTwo")
    assert (long["starts_at"].isoformat(), long["ends_at"].isoformat()) == (
        "2031-07-04T08:00:00+00:00",
        "2031-07-04T09:30:00+00:00",
    )
    assert day["starts_at"].isoformat() == "2031-07-04T22:00:00+00:00"
    utf_16 = OUTLOOK.encode("utf-16")
    told = place.report("schedule", "team.ics", utf_16, skip_refused="true")
    assert told["result"]["counts"]["session"] == {"made": 0, "changed": 0, "unchanged": 2, "refused": 1}

    assert place.imported("schedule", "f.xcal", FLAT, **made) == {"session": {"made": 1}}
    assert place.imported("schedule", "f.xcal", FLAT) == {"session": {"unchanged": 1}}
    flat = _sessions(place)[-1]
    assert (flat["title"], flat["subtitle"], flat["language"], flat["short_abstract"]) == (
        "Erster",
        "Teil",
        "de",
        "",
    )
    assert flat["starts_at"].isoformat() == "2031-09-04T08:00:00+00:00"


def _sessions(place: Place) -> list[dict[str, Any]]:
    return place.database.rows("SELECT * FROM sessions WHERE event_id = :id ORDER BY id", id=place.event.id)
