"""Check-ins: registered once a day, in and out in turn, in the right room of the right event."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.people.user.user import User
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
from tests.support.documents import document
from tests.support.http_client import Client, Reply


@dataclass
class Door:
    """An event with a room, a session in it, and somebody who wants to get in."""

    owner: User
    event: Event
    room: Any
    talk: Any
    attendee: Attendee

    def station(self, kind: str, room: Any = None) -> Any:
        return stored(
            make_station, event=self.event, station_type=kind, microlocation_id=(room or self.room).id
        )


@pytest.fixture
def door(database: object) -> Door:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    room = stored(make_microlocation, event=event)
    talk = stored(make_session, event=event, state="accepted", microlocation_id=room.id)
    order = stored(make_order, event=event, status="completed")
    return Door(owner, event, room, talk, stored(make_attendee, event=event, order=order))


def come(client: Client, station: Any, attendee: Any, talk: Any = None) -> Reply:
    links: dict[str, Any] = {"station": ("station", station), "ticket_holder": ("attendee", attendee)}
    if talk is not None:
        links["session"] = ("session", talk)
    return client.post("/v1/user-check-in", document("user_check_in", {}, **links))


def test_somebody_registers_once_a_day(client: Client, door: Door) -> None:
    asking, desk = client.signed_in_as(door.owner), door.station("registration")
    reply = come(asking, desk, door.attendee)
    assert reply.status == 201, reply.text
    assert reply.data["attributes"] == {"success": True, "message": "The attendee is registered."}
    assert come(asking, desk, door.attendee).status == 422
    shown = asking.get(f"/v1/attendees/{door.attendee.id}").data["attributes"]
    assert shown["is-registered"] is True
    assert shown["register-times"]


def test_the_day_before_does_not_count(client: Client, door: Door) -> None:
    desk = door.station("registration")
    yesterday = clock.now() - timedelta(days=1)
    stored(make_user_check_in, station=desk, ticket_holder=door.attendee, created_at=yesterday)
    assert come(client.signed_in_as(door.owner), desk, door.attendee).status == 201


def test_people_enter_and_leave_a_session_in_turn(client: Client, door: Door) -> None:
    asking = client.signed_in_as(door.owner)
    enter, leave = door.station("check in"), door.station("check out")
    steps = [(leave, 422), (enter, 201), (enter, 422), (leave, 201), (leave, 422), (enter, 201)]
    for station, status in steps:
        reply = come(asking, station, door.attendee, door.talk)
        assert reply.status == status, reply.text
    second = stored(make_session, event=door.event, state="accepted", microlocation_id=door.room.id)
    assert come(asking, enter, door.attendee, second).status == 201


def test_a_session_is_entered_where_it_takes_place(client: Client, door: Door) -> None:
    elsewhere = door.station("check in", stored(make_microlocation, event=door.event))
    reply = come(client.signed_in_as(door.owner), elsewhere, door.attendee, door.talk)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/relationships/session")


def test_a_session_is_named_everywhere_but_at_the_front_desk(client: Client, door: Door) -> None:
    for kind in ("daily", "check in", "check out"):
        assert come(client.signed_in_as(door.owner), door.station(kind), door.attendee).status == 422


def test_once_a_day_is_enough_for_daily_stations(client: Client, door: Door) -> None:
    asking, daily = client.signed_in_as(door.owner), door.station("daily")
    statuses = [come(asking, daily, door.attendee, door.talk).status for _ in range(2)]
    assert statuses == [201, 422]


def test_attendees_and_sessions_of_other_events_stay_out(client: Client, door: Door) -> None:
    asking, enter = client.signed_in_as(door.owner), door.station("check in")
    other = stored(make_event, owner=door.owner)
    stranger = stored(make_attendee, event=other)
    foreign = stored(make_session, event=other, state="accepted")
    for attendee, talk, pointer in (
        (stranger, door.talk, "ticket-holder"),
        (door.attendee, foreign, "session"),
    ):
        reply = come(asking, enter, attendee, talk)
        assert reply.status == 422
        assert reply.errors[0]["source"]["pointer"] == f"/data/relationships/{pointer}"


def test_coorganizers_check_in_and_registrars_look_on(client: Client, door: Door) -> None:
    desk = door.station("registration")
    registrar = stored(make_users_events_roles, event=door.event, role="registrar").user_id
    assert come(client.signed_in_as(registrar), desk, door.attendee).status == 403
    stranger = client.signed_in_as(stored(make_user))
    assert come(stranger, desk, door.attendee).status in {403, 404}
    made = come(client.signed_in_as(door.owner), desk, door.attendee).data["id"]
    assert client.signed_in_as(registrar).get(f"/v1/user-check-in/{made}").status == 200
    assert client.signed_in_as(registrar).delete(f"/v1/user-check-in/{made}").status == 403
    assert stranger.get(f"/v1/user-check-in/{made}").status == 404
    assert client.get("/v1/user-check-in").status == 405
