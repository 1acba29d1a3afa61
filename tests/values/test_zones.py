"""A zone that means nothing is taken from nobody, and one that is stored does no harm to anybody's answer."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import attributes, make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.station import make_station
from tests.factories.user import make_user
from tests.factories.user_check_in import make_user_check_in
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.order_scene import happens, mails, scene

POISON = (
    "localtime",
    "posixrules",
    "Mars/Olympus",
    "right/Europe/Berlin",
    "",
    "\u200b",
    "UTC+999999",
    "'; --",
)


def test_every_zone_that_is_taken_is_one_that_the_database_knows(
    client: Client, database: TestDatabase
) -> None:
    from chalicelib.values.zones import known

    unknown = database.rows(
        "SELECT name FROM unnest(CAST(:names AS text[])) name WHERE known_zone(name) <> name",
        names=sorted(known()),
    )
    assert len(unknown) < 10, unknown  # what is newer than the server, which then counts as UTC
    for name in POISON:
        assert database.one("SELECT now() AT TIME ZONE known_zone(:name) IS NOT NULL", name=name)
    verified = client.signed_in_as(stored(make_user, is_verified=True))
    for name in ("Asia/Calcutta", "US/Pacific", "GMT", "UTC"):
        made = verified.post("/v1/events", document("event", {**attributes(), "timezone": name}))
        assert (made.status, made.data["attributes"]["timezone"]) == (201, name)


@pytest.mark.parametrize("zone", POISON)
def test_a_row_with_a_zone_that_is_none_is_answered_as_in_utc(
    client: Client, database: TestDatabase, zone: str
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    room = stored(make_microlocation, event=event)
    late = datetime(2031, 5, 1, 23, 0, tzinfo=UTC)
    talk = stored(make_session, event=event, state="accepted", starts_at=late, microlocation_id=room.id)
    order = stored(make_order, event=event, status="completed", amount=10)
    attendee = stored(make_attendee, event=event, order=order)
    database.run("UPDATE events SET timezone = :zone", zone=zone)
    team = client.signed_in_as(owner)
    dates = team.get(f"/v1/events/{event.id}/sessions/dates")
    assert (dates.status, dates.json) == (200, ["2031-05-01"])
    sales = team.get(f"/v1/events/{event.id}/sales-over-time")
    assert sales.status == 200, sales.text
    assert sum(period["completed"]["orders"] for period in sales.json["periods"]) == 1
    daily = stored(make_station, event=event, station_type="daily", microlocation_id=room.id)
    links = {
        "station": ("station", daily),
        "ticket_holder": ("attendee", attendee),
        "session": ("session", talk),
    }
    came = [team.post("/v1/user-check-in", document("user_check_in", {}, **links)).status for _ in range(2)]
    assert came == [201, 422]


def test_nobody_elses_zone_shuts_a_station(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event, other = stored(make_event, owner=owner), stored(make_event)
    desk = stored(make_station, event=event, station_type="registration")
    elsewhere = stored(make_station, event=other, station_type="registration")
    for _ in range(3):
        stored(make_user_check_in, station=elsewhere, ticket_holder=stored(make_attendee, event=other))
    database.run("UPDATE events SET timezone = 'localtime' WHERE id = :id", id=other.id)
    database.run("SET enable_indexscan = off")
    links: dict[str, Any] = {"station": ("station", desk)}
    order = stored(make_order, event=event, status="completed")
    links["ticket_holder"] = ("attendee", stored(make_attendee, event=event, order=order))
    reply = client.signed_in_as(owner).post("/v1/user-check-in", document("user_check_in", {}, **links))
    assert reply.status == 201, reply.text


def test_mail_tells_the_time_of_an_event_whose_zone_is_none(database: TestDatabase, pump: Pump) -> None:
    told = scene(
        starts_at=datetime(2031, 5, 2, 17, 30, tzinfo=UTC), ends_at=datetime(2031, 5, 2, 21, 0, tzinfo=UTC)
    )
    database.run("UPDATE events SET timezone = 'localtime'")
    happens("completed", told.order)
    pump.everything()
    assert "17:30 to 21:00" in mails(pump)[told.buyer.email]["text"]
    assert clock.now().tzinfo is not None
