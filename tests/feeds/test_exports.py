"""Exports of the programme at the former addresses: tasks whose private files have the former names."""

from urllib.parse import unquote
from urllib.request import urlopen

import icalendar
import pytest
from lxml import etree

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.feeds.c3voc import sessions_in
from tests.feeds.conference import Conference
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database
NAMES = {"ical": "event_ical.ics", "xcal": "xcal.xcs", "pentabarf": "pentabarf.xml"}


def exported(client: Client, pump: Pump, path: str, form: str) -> bytes:
    started = client.get(f"{path}/export/{form}")
    assert started.status == 200, started.text
    address = started.json["task_url"]
    assert address.split("/")[:3] == ["", "v1", "tasks"]
    assert client.get(address).json == {"state": "WAITING"}
    pump.everything()
    told = client.get(address).json
    assert told["state"] == "SUCCESS"
    with urlopen(told["result"]["download_url"]) as file:
        assert unquote(file.headers["Content-Disposition"]).endswith(f"''{NAMES[form]}")
        content: bytes = file.read()
    return content


def test_the_team_exports_and_nobody_else(client: Client, pump: Pump, database: object) -> None:
    conference = Conference()
    owner = client.signed_in_as(conference.owner)
    titles = {
        session["title"] for session in sessions_in(client.get(f"{conference.path}/schedule.json").json)
    }
    calendar = icalendar.Calendar.from_ical(exported(owner, pump, conference.path, "ical"))
    assert titles < {str(event["SUMMARY"]) for event in calendar.walk("VEVENT")}
    flat = etree.fromstring(exported(owner, pump, f"/v1/events/{conference.event.id}", "xcal"))
    assert {session.text for session in flat.iterfind("vcalendar/vevent/summary")} == titles
    pentabarf = etree.fromstring(exported(owner, pump, conference.path, "pentabarf"))
    assert {session.text for session in pentabarf.iterfind("day/room/event/title")} == titles
    assert pentabarf.findtext("conference/day_change") == "00:00"
    assert pentabarf.findtext("conference/venue") == "Town Hall"
    assert {session.text for session in pentabarf.iter("released")} == {"False"}
    for form in NAMES:
        path = f"{conference.path}/export/{form}"
        assert client.get(path).status == 401
        assert client.signed_in_as(stored(make_user)).get(path).status == 403
        assert owner.request("HEAD", path).status == 405
        assert owner.get(f"/v1/events/deadbeef/export/{form}").status == 404
    assert owner.get(f"{conference.path}/export/word").status == 404


def test_a_draft_is_exported_by_its_team(client: Client, pump: Pump, database: object) -> None:
    owner = stored(make_user)
    draft = stored(make_event, owner=owner, state="draft")
    asking = client.signed_in_as(owner)
    for form in NAMES:
        assert exported(asking, pump, f"/v1/events/{draft.identifier}", form)
        assert (
            client.signed_in_as(stored(make_user)).get(f"/v1/events/{draft.id}/export/{form}").status == 404
        )


def test_an_event_that_is_deleted_meanwhile_is_a_failure(
    client: Client, pump: Pump, database: object
) -> None:
    conference = Conference()
    owner = client.signed_in_as(conference.owner)
    address = owner.get(f"{conference.path}/export/ical").json["task_url"]
    assert owner.delete(f"/v1/events/{conference.event.id}").status == 200
    pump.everything()
    told = owner.get(address).json
    assert told == {"state": "FAILURE", "result": {"reason": "The event is not there any more."}}
