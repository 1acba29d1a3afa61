"""Certificates of attendance: given by the event's rule, fetched as PDF, verified and revoked by their code."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pypdf
import pytest

from chalicelib import clock
from chalicelib.papers.certificate import TEXTS
from chalicelib.settings import settings
from chalicelib.values import messages
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.station import make_station
from tests.factories.user import make_user
from tests.factories.user_check_in import make_user_check_in
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

START = datetime(2026, 5, 4, 7, tzinfo=UTC)
END = datetime(2026, 5, 5, 16, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def times(*hours: float) -> str:
    return ",".join(at(hour).isoformat() for hour in hours)


class Fair:
    """An event that is over, which certifies two hours, and an attendee of it."""

    def __init__(self, client: Client, database: TestDatabase, **rule: Any) -> None:
        self.database = database
        self.owner, self.user = stored(make_user), stored(make_user, email="ada@example.org")
        values = {"certificate_rule": "hours", "certificate_hours": 2, **rule}
        self.event = stored(
            make_event, owner=self.owner, name="Code Days", timezone="Asia/Tokyo", starts_at=START, ends_at=END, **values
        )  # fmt: skip
        self.team, self.own = client.signed_in_as(self.owner), client.signed_in_as(self.user)
        self.ada = self.guest(email="ada@example.org", firstname="Ada", lastname="Lovelace")
        self.path = f"/v1/attendees/{self.ada.id}/certificate"

    def guest(self, **values: Any) -> Any:
        order = stored(make_order, event=self.event, user=self.user, status="completed")
        return stored(make_attendee, event=self.event, order=order, **values)

    def came(self, comes: str, leaves: str | None = None) -> None:
        self.database.run(
            "UPDATE attendees SET is_checked_in = TRUE, checkin_times = :comes, checkout_times = :leaves WHERE id = :id",
            comes=comes, leaves=leaves, id=self.ada.id,
        )  # fmt: skip

    def online(self, begins: float, ends: float | None) -> None:
        self.database.run(
            "INSERT INTO virtual_check_ins (ticket_holder_id, check_in_type, check_in_at, check_out_at) "
            "VALUES (:id, 'event', :begins, :ends)",
            id=self.ada.id, begins=at(begins), ends=None if ends is None else at(ends),
        )  # fmt: skip

    def hours(self) -> Any:
        """What is certified, where one minute is enough for it."""
        reply = self.own.post(self.path)
        return reply.json["hours"] if reply.status == 200 else reply.errors[0]["detail"]


@pytest.fixture
def fair(client: Client, database: TestDatabase) -> Fair:
    return Fair(client, database)


def refused(reply: Reply, said: str) -> None:
    assert reply.status == 409, reply.text
    assert said in reply.errors[0]["detail"]


def test_a_certificate_is_issued_fetched_verified_and_revoked(
    fair: Fair, client: Client, pump: Pump, database: TestDatabase
) -> None:
    assert fair.own.get(fair.path).status == 404, "none is issued yet"
    fair.came(times(0), times(2.5))
    issued = fair.own.post(fair.path).json
    shown = {
        "name": "Ada Lovelace", "event": "Code Days", "hours": 2.5,
        "starts_at": START.isoformat(), "ends_at": END.isoformat(),
    }  # fmt: skip
    code = issued["code"]
    assert len(code) == 26
    assert issued["url"].endswith(f"/v1/certificates/{code}")
    assert {name: issued[name] for name in shown} == shown

    assert client.get(f"/v1/certificates/{code}").json == shown
    assert client.get(f"/v1/certificates/{code.lower()}").json == shown
    assert client.get(f"/v1/certificates/{code[:-1]}").status == 404
    reply = fair.own.get(fair.path)
    if reply.status == 503:
        pump.everything()
        reply = fair.own.get(fair.path)
    assert reply.status == 302, reply.text
    with urlopen(reply.headers["location"], timeout=10) as answer:
        assert answer.headers["content-type"] == "application/pdf"
        text = pypdf.PdfReader(io.BytesIO(answer.read())).pages[0].extract_text()
    for expected in ("Ada Lovelace", "Code Days", "2.5 hours", code):
        assert expected in text

    assert fair.team.delete(f"/v1/attendees/{fair.guest().id}").status == 200
    assert client.get(f"/v1/certificates/{code}").status == 200
    database.run("UPDATE attendees SET is_checked_in = FALSE WHERE id = :id", id=fair.ada.id)
    assert fair.team.delete(f"/v1/attendees/{fair.ada.id}").status == 200
    assert client.get(f"/v1/certificates/{code}").status == 404
    assert fair.own.get(fair.path).status == 404
    assert fair.own.post(fair.path).status == 404


@pytest.mark.parametrize(
    ("language", "said", "from_the_right"),
    [
        ("de-AT", ("Teilnahmebestätigung", "4. Mai 2026", "2,5 Stunden", "Normalzeit"), False),
        ("ar", ("Code Days", "2.5"), True),
        ("fr", ("Certificate of attendance", "2.5 hours", "Asia/Tokyo"), False),
    ],
)
def test_it_is_in_the_language_of_the_attendee(
    fair: Fair, pump: Pump, database: TestDatabase, language: str, said: tuple[str, ...], from_the_right: bool
) -> None:
    database.run("UPDATE users SET language_preference = :tag WHERE id = :id", tag=language, id=fair.user.id)
    fair.came(times(0), times(2.5))
    assert fair.own.post(fair.path).status == 200
    reply = fair.own.get(fair.path)
    if reply.status == 503:
        pump.everything()
        reply = fair.own.get(fair.path)
    with urlopen(reply.headers["location"], timeout=10) as answer:
        page = pypdf.PdfReader(io.BytesIO(answer.read())).pages[0]
    places: dict[str, float] = {}

    def note(part: str, _matrix: Any, place: Any, _font: Any, _size: Any) -> None:
        places.setdefault(part.strip(), place[4])

    text = page.extract_text(visitor_text=note)
    for expected in ("Ada Lovelace", *said):
        assert expected in text, text
    assert (places["Ada Lovelace"] > 300) is from_the_right
    arabic = [letter for letter in text if "\u0600" <= letter <= "\u06ff"]
    assert bool(arabic) is from_the_right


def test_every_text_of_papers_is_in_every_language() -> None:
    for language in set(messages.languages(messages.PAPERS)) - {messages.ORIGINAL}:
        assert set(messages.catalog(language, messages.PAPERS)) == set(TEXTS), language


def test_the_code_stays_whatever_is_corrected_and_however_many_ask_at_once(
    fair: Fair, client: Client, database: TestDatabase
) -> None:
    fair.came(times(0), times(3))
    with ThreadPoolExecutor(4) as people:
        issued = list(people.map(lambda _: fair.own.post(fair.path).json["code"], range(8)))
    assert len(set(issued)) == 1
    database.run("UPDATE attendees SET lastname = 'King' WHERE id = :id", id=fair.ada.id)
    assert client.get(f"/v1/certificates/{issued[0]}").json["name"] == "Ada Lovelace", "as it was issued"
    again = fair.own.post(fair.path).json
    assert (again["code"], again["name"]) == (issued[0], "Ada King")
    assert client.get(f"/v1/certificates/{issued[0]}").json["name"] == "Ada King"


def test_who_may_have_it(fair: Fair, client: Client) -> None:
    fair.came(times(0), times(3))
    registrar, stranger = stored(make_user), stored(make_user)
    stored(make_users_events_roles, event=fair.event, user=registrar, role="registrar")
    for asking in (fair.own, fair.team, client.signed_in_as(registrar)):
        assert asking.post(fair.path).status == 200
    assert client.signed_in_as(stranger).post(fair.path).status == 404
    assert client.signed_in_as(stranger).get(fair.path).status == 404
    assert client.post(fair.path).status == 401 == client.get(fair.path).status


def test_a_parameter_that_is_not_understood_is_refused(fair: Fair, client: Client) -> None:
    code = "/v1/certificates/J4V3QZ6M2T7XK5RWYBNOPCDEFG"
    for reply in (
        fair.own.post(f"{fair.path}?x=1"),
        fair.own.get(f"{fair.path}?x=1"),
        client.get(f"{code}?x=1"),
    ):
        assert (reply.status, reply.errors[0]["source"]) == (400, {"parameter": "x"})


def test_the_rule_of_the_event_decides(client: Client, database: TestDatabase, fair: Fair) -> None:
    refused(fair.own.post(fair.path), "has not checked in")
    fair.came(times(0), times(1.5))
    refused(fair.own.post(fair.path), "was there for 1.5 hours, and 2 are needed")
    fair.database.run("UPDATE events SET certificate_rule = 'checked-in'")
    assert fair.hours() is None, "no hours are certified"
    fair.database.run("UPDATE events SET certificate_rule = 'none'")
    refused(fair.own.post(fair.path), "gives no certificates")
    fair.database.run(
        "UPDATE events SET certificate_rule = 'checked-in', ends_at = :end", end=clock.now() + timedelta(1)
    )
    refused(fair.own.post(fair.path), "when the event is over")
    fair.database.run("UPDATE events SET ends_at = :end", end=END)
    fair.database.run("UPDATE attendees SET firstname = '', lastname = NULL")
    refused(fair.own.post(fair.path), "no name")
    fair.database.run("UPDATE orders SET status = 'pending'")
    refused(fair.own.post(fair.path), "does not admit")


def test_a_rule_by_hours_says_how_many(fair: Fair) -> None:
    address = f"/v1/events/{fair.event.id}"
    sent = {"certificate-rule": "hours", "certificate-hours": None}
    reply = fair.team.patch(address, document("event", sent, fair.event.id))
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/certificate-hours")
    for wrong in ({"certificate-rule": "always"}, {"certificate-hours": 0}):
        assert fair.team.patch(address, document("event", wrong, fair.event.id)).status == 422
    good = {"certificate-rule": "hours", "certificate-hours": 3, "certificate-text": "The board"}
    assert fair.team.patch(address, document("event", good, fair.event.id)).status == 200


@pytest.mark.parametrize(
    ("comes", "leaves", "expected"),
    [
        (times(0), times(2.5), 2.5),
        (times(0, 4), times(1, 6), 3),
        (times(0, 1), times(3), 3),
        (times(0), times(2, 3), 2),
        (times(-5), times(3), 3),
        (times(30), None, 3),
        (times(31), times(99), 2),
        (f"{times(0)},tomorrow", times(2.001), 2),
        ("2026-05-04T07:00:00", "Mon May 04 2026 19:00:00 GMT+0900 (Japan Standard Time)", 3),
    ],
)
def test_stays_at_the_door(fair: Fair, comes: str, leaves: str | None, expected: float) -> None:
    fair.came(comes, leaves)
    assert fair.hours() == expected


def test_stays_in_sessions_and_online_and_what_overlaps_counts_once(
    fair: Fair, database: TestDatabase
) -> None:
    room = stored(make_microlocation, event=fair.event)
    talks = [
        stored(
            make_session,
            event=fair.event,
            starts_at=at(begins),
            ends_at=at(begins + 2),
            microlocation_id=room.id,
        )
        for begins in (0, 1, 10)
    ]
    into, out = (
        stored(make_station, event=fair.event, station_type=kind, microlocation_id=room.id)
        for kind in ("check in", "check out")
    )

    def visit(station: Any, talk: Any, hour: float) -> None:
        stored(
            make_user_check_in,
            station=station,
            ticket_holder=fair.ada,
            session_id=talk.id,
            created_at=at(hour),
        )

    visit(into, talks[0], 0)
    visit(out, talks[0], 1.5)
    visit(into, talks[1], 1)  # and never out: until the session ends, at 3
    assert fair.hours() == 3
    visit(into, talks[2], 10)
    visit(out, talks[2], 10.5)
    assert fair.hours() == 3.5
    fair.online(2.5, 4)
    assert fair.hours() == 4.5
    fair.came(times(0), times(4.5))
    assert fair.hours() == 5
    fair.online(32, None)
    assert fair.hours() == 6


def test_registration_is_no_attendance_and_a_daily_check_in_is_without_hours(
    client: Client, database: TestDatabase
) -> None:
    fair = Fair(client, database, certificate_rule="checked-in")
    stored(make_user_check_in, ticket_holder=fair.ada, station=stored(make_station, event=fair.event))
    refused(fair.own.post(fair.path), "has not checked in")
    daily = stored(make_station, event=fair.event, station_type="daily")
    talk = stored(make_session, event=fair.event)
    stored(make_user_check_in, ticket_holder=fair.ada, station=daily, session_id=talk.id)
    assert fair.hours() is None
    database.run("UPDATE events SET certificate_rule = 'hours'")
    refused(fair.own.post(fair.path), "for 0 hours")


def test_codes_cannot_be_tried_without_end(
    client: Client, database: TestDatabase, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMITS", "1")
    environment.setenv("LIMIT_CERTIFICATES", "3/1h")
    settings.cache_clear()
    answers = [client.get(f"/v1/certificates/{'A' * 25}{number}").status for number in range(5)]
    assert answers == [404, 404, 404, 429, 429]
