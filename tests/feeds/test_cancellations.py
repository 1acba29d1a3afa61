"""Sessions that leave the programme: calendars that had them are told so, and nobody else hears of them."""

from typing import Any

import icalendar
import pytest
from lxml import etree

from chalicelib import clock
from chalicelib.feeds.xcal import NAMESPACE
from tests.factories import stored
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.speaker_invite import make_speaker_invite
from tests.factories.user import make_user
from tests.factories.user_favourite_session import make_user_favourite_session
from tests.feeds.conference import NOON, Conference
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database
FAVORITES = "/v1/user-favourite-sessions"
TIMES = {"starts_at": NOON, "ends_at": NOON.replace(hour=23, minute=30), "short_abstract": "What it is about"}


class Programme:
    """A conference, its organizer, and a fan who likes one session."""

    def __init__(self, client: Client) -> None:
        self.conference = Conference()
        self.nobody, self.organizer = client, client.signed_in_as(self.conference.owner)
        self.fan = client.signed_in_as(stored(make_user))
        self.path = self.conference.path

    def talk(self, state: str = "accepted", **values: Any) -> Any:
        return stored(make_session, event=self.conference.event, state=state, **{**TIMES, **values})

    def like(self, talk: Any) -> None:
        sent = document("user-favourite-session", session=("session", talk))
        assert self.fan.post(FAVORITES, sent).status == 201

    def move(self, talk: Any, state: str) -> None:
        reply = self.organizer.patch(
            f"/v1/sessions/{talk.id}", document("session", {"state": state}, talk.id)
        )
        assert reply.status == 200, reply.text

    def publish(self, **values: Any) -> None:
        event = self.conference.event
        sent = {"schedule-published-on": clock.now().isoformat(), **values}
        assert self.organizer.patch(f"/v1/events/{event.id}", document("event", sent, event.id)).status == 200

    def entry(self, talk: Any, client: Client | None = None, query: str = "include_sessions") -> Any:
        """The session's entry in the calendar."""
        reply = (client or self.nobody).get(f"{self.path}.ics?{query}")
        assert reply.status == 200, reply.text
        uid = f"{talk.id}-{self.conference.event.identifier}"
        found = [
            item for item in icalendar.Calendar.from_ical(reply.content).walk("VEVENT") if item["UID"] == uid
        ]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
def programme(client: Client, database: object) -> Programme:
    return Programme(client)


@pytest.mark.parametrize("state", ["canceled", "withdrawn"])
def test_what_somebody_liked_is_cancelled_for_all_who_subscribe(programme: Programme, state: str) -> None:
    talk = programme.talk(title="Liked once")
    programme.like(talk)
    before = programme.entry(talk)
    assert (before["STATUS"], before["DESCRIPTION"]) == ("CONFIRMED", "What it is about")
    programme.move(talk, state)
    for client, query in ((None, "include_sessions"), (programme.fan, "my_schedule")):
        entry = programme.entry(talk, client, query)
        assert (entry["STATUS"], entry["SUMMARY"], entry["UID"]) == ("CANCELLED", "Liked once", before["UID"])
        assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (before["DTSTART"].dt, before["DTEND"].dt)
        assert int(entry["SEQUENCE"]) > int(before["SEQUENCE"])
        assert "DESCRIPTION" not in entry
    cancelled = int(programme.entry(talk)["SEQUENCE"])
    # Both kinds of xCal have the status; a schedule has none, and the session is gone from it.
    flat = etree.fromstring(programme.nobody.get(f"{programme.path}.xcs").content)
    found = {item.findtext("uid"): item.findtext("status") for item in flat.iter("vevent")}
    assert found[before["UID"]] == "CANCELLED"
    assert list(found.values()).count("CANCELLED") == 1
    accepting = programme.nobody.with_headers({"Accept": "application/calendar+xml"})
    rfc = etree.fromstring(accepting.get(f"{programme.path}.xcs").content)
    names = {"x": NAMESPACE}
    (own,) = rfc.xpath(f"//x:vevent[x:properties/x:uid/x:text='{before['UID']}']", namespaces=names)
    assert own.xpath("string(x:properties/x:status/x:text)", namespaces=names) == "CANCELLED"
    assert int(own.xpath("string(x:properties/x:sequence/x:integer)", namespaces=names)) == cancelled
    for path in ("/schedule.xml", "/schedule.json"):
        reply = programme.nobody.get(programme.path + path)
        assert "Somewhere" in reply.text
        assert "Liked once" not in reply.text
    if state == "canceled":
        programme.move(talk, "confirmed")
        assert programme.entry(talk)["STATUS"] == "CONFIRMED"


def test_what_leaves_a_published_schedule_is_told(programme: Programme) -> None:
    early, late, pending, gone = (
        programme.talk(state) for state in ("accepted", "accepted", "pending", "confirmed")
    )
    programme.move(early, "canceled")
    programme.publish()
    edited = document("session", {"comments": "What was called off before is edited"}, early.id)
    assert programme.organizer.patch(f"/v1/sessions/{early.id}", edited).status == 200
    assert programme.entry(early) is None
    programme.move(late, "canceled")
    programme.move(gone, "withdrawn")
    programme.move(pending, "rejected")
    assert programme.entry(pending) is None
    assert programme.entry(late)["STATUS"] == programme.entry(gone)["STATUS"] == "CANCELLED"
    programme.move(gone, "canceled")
    assert programme.entry(gone)["STATUS"] == "CANCELLED"
    assert programme.organizer.delete(f"/v1/sessions/{late.id}").status == 200
    assert programme.entry(late) is None


def test_what_leaves_a_released_version_is_told_although_the_schedule_has_no_date(
    programme: Programme,
) -> None:
    early, late = programme.talk(), programme.talk()
    programme.move(early, "canceled")
    version = document("schedule-version", event=("event", programme.conference.event))
    assert programme.organizer.post("/v1/schedule-versions", version).status == 201
    later = programme.talk()
    for talk in (late, later):
        programme.move(talk, "withdrawn")
    assert programme.entry(late)["STATUS"] == "CANCELLED"
    assert programme.entry(early) is programme.entry(later) is None


def test_another_event_is_not_told_what_was_on_the_programme_of_the_former(programme: Programme) -> None:
    programme.publish()
    talk = programme.talk()
    programme.move(talk, "canceled")
    other = Programme(programme.nobody)
    other.publish()
    staff = programme.nobody.signed_in_as(stored(make_user, is_admin=True))
    moved = document("session", {}, talk.id, event=("event", other.conference.event))
    assert staff.patch(f"/v1/sessions/{talk.id}", moved).status == 200
    assert programme.entry(talk) is None
    assert other.entry(talk) is None


def test_proposals_that_nobody_saw_stay_unknown(programme: Programme) -> None:
    programme.publish()
    event, speaker, guest = programme.conference.event, stored(make_user), stored(make_user)
    staff, creator = stored(make_user, is_admin=True), stored(make_user)
    talk = programme.talk("pending", title="Never public", creator_id=creator.id)
    stored(make_speaker, event=event, user_id=speaker.id, sessions=[talk])
    stored(make_speaker_invite, talk=talk, email=guest.email.upper())
    # Who saw it before, and may have liked it, tells nothing to the others.
    for user in (speaker, guest, staff, creator, programme.conference.owner):
        stored(make_user_favourite_session, user=user, session=talk)
    programme.move(talk, "withdrawn")
    for client in (programme.nobody, programme.organizer):
        for path in (".ics?include_sessions", ".xcs"):
            assert "Never public" not in client.get(programme.path + path).text
    # Nor does somebody who was of the team then, and is a stranger now; nor a second move.
    stored(make_user_favourite_session, user=stored(make_user), session=talk)
    assert programme.entry(talk) is None
    programme.move(talk, "canceled")
    assert programme.entry(talk) is None
