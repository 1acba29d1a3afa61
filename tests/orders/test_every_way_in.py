"""One rule at every door: who is let in, who notes it, and what nobody gives back, by each way there is."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.onsite import station as stations
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.station import make_station
from tests.factories.tag import make_tag
from tests.factories.ticket import make_ticket
from tests.factories.user_check_in import make_user_check_in
from tests.orders.stage import ENDED, STATES, Stage, change, move
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

NOON, EVENING = "2030-05-01T12:00:00+00:00", "2030-05-01T18:00:00+00:00"
ADMITTING = ("placed", "completed")
COME_IN = {"is_checked_in": True, "checkin_times": NOON}
KINDS = (stations.REGISTRATION, stations.DAILY, stations.CHECK_IN, stations.CHECK_OUT)


@pytest.fixture
def stage(client: Client, database: TestDatabase) -> Stage:
    return Stage(client, database)


def seat(stage: Stage, status: str, **values: Any) -> Any:
    return stored(
        make_attendee, event=stage.event, order=stage.ordered(status), ticket=stage.ticket, **values
    )


def attendees(stage: Stage) -> list[dict[str, Any]]:
    return stage.database.rows("SELECT * FROM attendees ORDER BY id")


def at_station(stage: Stage, kind: str, attendee: Any) -> Reply:
    """Somebody comes to a station of this kind; to leave, they have come in there before."""
    room = stored(make_microlocation, event=stage.event)
    talk = stored(make_session, event=stage.event, microlocation_id=room.id)
    where = {"event": stage.event, "microlocation_id": room.id}
    if kind == stations.CHECK_OUT:
        door = stored(make_station, station_type=stations.CHECK_IN, **where)
        stored(make_user_check_in, station=door, ticket_holder=attendee, session_id=talk.id)
    links: dict[str, Any] = {
        "station": ("station", stored(make_station, station_type=kind, **where)),
        "ticket_holder": ("attendee", attendee),
        "session": ("session", talk),
    }
    body = document("user_check_in", {}, **links)
    return stage.asking("owner").post("/v1/user-check-in", body)


# Every way by which somebody comes in.
IN: dict[str, Callable[[Stage, Any], Reply]] = {
    "PATCH is-checked-in": lambda stage, item: change(stage.asking("registrar"), item, **COME_IN),
    "PATCH checkin-times": lambda stage, item: change(stage.asking("owner"), item, checkin_times=NOON),
    "PATCH is-registered": lambda stage, item: change(
        stage.asking("staff"), item, is_registered=True, register_times=NOON
    ),
    **{
        f"station for {kind}": lambda stage, item, kind=kind: at_station(stage, kind, item)  # type: ignore[misc]
        for kind in KINDS
    },
}
BY_WAY_IN = pytest.mark.parametrize("way", IN)


@BY_WAY_IN
@pytest.mark.parametrize("status", STATES)
def test_an_order_admits_by_every_way_or_by_none(stage: Stage, way: str, status: str) -> None:
    someone = seat(stage, status)
    before = attendees(stage)
    reply = IN[way](stage, someone)
    if status in ADMITTING:
        assert reply.status in {200, 201}, reply.text
    else:
        assert reply.status == 409, reply.text
        assert f"The order is {status}" in reply.errors[0]["detail"]
        assert attendees(stage) == before


@BY_WAY_IN
def test_nobody_comes_in_who_was_removed_or_to_an_event_that_was(stage: Stage, way: str) -> None:
    someone, removed = seat(stage, "completed"), seat(stage, "completed", deleted_at=clock.now())
    assert IN[way](stage, removed).status in {404, 409}
    stage.database.run("UPDATE events SET deleted_at = now()")
    assert IN[way](stage, someone).status in {404, 409}
    assert stage.database.one("SELECT count(*) FROM attendees WHERE is_checked_in OR is_registered") == 0


NOTED = {
    "is_checked_in": False,
    "checkin_times": EVENING,
    "is_checked_out": True,
    "checkout_times": EVENING,
    "is_registered": True,
    "register_times": EVENING,
    "is_badge_printed": True,
    "badge_printed_at": EVENING,
    "attendee_notes": "Let me in",
    "device_name_checkin": "My phone",
}


@pytest.mark.parametrize("status", STATES[:4])
def test_what_is_noted_at_the_door_is_not_the_buyers_to_say(stage: Stage, status: str) -> None:
    someone = seat(stage, status)
    if status in ADMITTING:
        assert change(stage.asking("registrar"), someone, **COME_IN).status == 200
    before, buyer = attendees(stage), stage.asking("buyer")
    tag = stored(make_tag, event=stage.event)
    for name, value in {**NOTED, "tag_id": tag.id}.items():
        if name == "is_checked_in" and status not in ADMITTING:
            value = True
        refused = change(buyer, someone, **{name: value})
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
            403,
            f"/data/attributes/{name.replace('_', '-')}",
        )
    address = f"/v1/attendees/{someone.id}"
    link = {"data": {"type": "tag", "id": str(tag.id)}}
    assert buyer.patch(f"{address}/relationships/tag", link).status == 403
    assert buyer.patch(address, document("attendee", {}, someone.id, tag=("tag", tag))).status == 403
    assert attendees(stage) == before


def test_somebody_comes_in_once_until_they_leave(stage: Stage) -> None:
    someone, door = seat(stage, "completed"), stage.asking("registrar")
    assert change(door, someone, **COME_IN).status == 200
    assert change(door, someone, **COME_IN).status == 200  # the same request, sent twice
    again = {"is_checked_in": True, "checkin_times": EVENING}
    elsewhere = {"is_checked_in": True, "device_name_checkin": "Door 2"}
    for sent in (
        again,
        {"checkin_times": EVENING},
        {**again, **elsewhere},
        {**COME_IN, **elsewhere},
        elsewhere,
    ):
        refused = change(door, someone, **sent)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
            409,
            "/data/attributes/is-checked-in",
        )
        assert NOON in refused.errors[0]["detail"]
    # Who has left comes back, and so does who was checked in by mistake.
    assert change(door, someone, is_checked_out=True).status == 200
    assert change(door, someone, **again).data["attributes"]["is-checked-out"] is False
    assert change(door, someone, is_checked_in=True, checkin_times="2030-05-02T12:00:00Z").status == 409
    assert change(door, someone, is_checked_in=False).status == 200
    assert change(door, someone, is_checked_in=True, checkin_times="2030-05-02T12:00:00Z").status == 200


def test_nobody_leaves_who_has_not_come_or_registers_twice(stage: Stage) -> None:
    someone, door = seat(stage, "completed"), stage.asking("registrar")
    assert change(door, someone, is_checked_out=True).status == 409
    assert change(door, someone, is_registered=True, register_times=NOON).status == 200
    assert change(door, someone, is_registered=True, register_times=NOON).status == 200
    assert change(door, someone, is_registered=True, register_times=EVENING).status == 409


def _move_ticket(stage: Stage, someone: Any) -> Reply:
    other = stored(make_ticket, event=stage.event)
    # The time is the one that is noted already: by it, staff corrects somebody at the door.
    return change(stage.asking("staff"), someone, ticket_id=str(other.id), checkin_times=NOON)


def _order_of(stage: Stage, someone: Any) -> Any:
    class Order:
        id = someone.order_id
        identifier = stage.database.one("SELECT identifier FROM orders WHERE id = :id", id=someone.order_id)

    return Order


# Every way by which a place is given back.
BACK: dict[str, Callable[[Stage, Any], Reply]] = {
    **{
        f"{who} makes it {status}": lambda stage, item, who=who, status=status: move(  # type: ignore[misc]
            stage.asking(who), _order_of(stage, item), status
        )
        for who, status in (
            ("buyer", "cancelled"),
            ("owner", "cancelled"),
            ("staff", "cancelled"),
            ("staff", "expired"),
            ("staff", "pending"),
            ("staff", "initializing"),
        )
    },
    "crew removes": lambda stage, item: stage.asking("registrar").delete(f"/v1/attendees/{item.id}"),
    "owner removes": lambda stage, item: stage.asking("owner").delete(f"/v1/attendees/{item.id}"),
    "staff purges": lambda stage, item: stage.asking("staff").delete(
        f"/v1/attendees/{item.id}?permanent=true"
    ),
    "staff removes the order": lambda stage, item: stage.asking("staff").delete(
        f"/v1/orders/{item.order_id}"
    ),
    "staff moves": _move_ticket,
}


@pytest.mark.parametrize("status", ADMITTING)
@pytest.mark.parametrize("way", BACK)
def test_nobody_gives_a_place_back_while_somebody_is_in_it(stage: Stage, way: str, status: str) -> None:
    someone = seat(stage, status)
    assert change(stage.asking("registrar"), someone, **COME_IN).status == 200
    _is_refused(stage, way, someone, status)


@pytest.mark.parametrize("way", BACK)
def test_nobody_gives_a_place_back_while_somebody_is_in_by_a_station(stage: Stage, way: str) -> None:
    someone = seat(stage, "completed")
    assert at_station(stage, stations.CHECK_IN, someone).status == 201
    _is_refused(stage, way, someone, "completed")


def _is_refused(stage: Stage, way: str, someone: Any, status: str) -> None:
    before = attendees(stage)
    refused = BACK[way](stage, someone)
    assert refused.status == 409, refused.text
    assert attendees(stage) == before
    assert stage.database.one("SELECT status FROM orders WHERE id = :id", id=someone.order_id) == status


def test_what_was_used_is_taken_back_by_the_team_alone(stage: Stage) -> None:
    someone = seat(stage, "completed")
    door, order = stage.asking("registrar"), _order_of(stage, someone)
    assert change(door, someone, **COME_IN).status == 200
    assert change(door, someone, is_checked_out=True).status == 200
    assert move(stage.asking("buyer"), order, "cancelled").status == 409
    assert move(stage.asking("owner"), order, "cancelled").status == 200


def test_who_was_at_a_station_does_not_cancel(stage: Stage) -> None:
    someone = seat(stage, "completed")
    assert at_station(stage, stations.REGISTRATION, someone).status == 201
    assert move(stage.asking("buyer"), _order_of(stage, someone), "cancelled").status == 409


@pytest.mark.parametrize("status", STATES[:4])
def test_an_order_goes_with_its_last_attendee_or_keeps_them(
    stage: Stage, status: str, signals_on: None
) -> None:
    free, paid = seat(stage, status), None
    stage.order.update(amount=50)
    paid = seat(stage, status)
    first = stage.database.rows("SELECT order_id, min(id) AS id FROM attendees GROUP BY order_id ORDER BY 1")
    for item in first:
        assert stage.asking("owner").delete(f"/v1/attendees/{item['id']}").status == 200
    states = (
        "SELECT status, (SELECT count(*) FROM attendees WHERE order_id = orders.id AND deleted_at IS NULL) "
        "AS coming FROM orders ORDER BY id"
    )
    assert stage.database.rows(states) == [{"status": status, "coming": 1}] * 2
    assert stage.asking("registrar").delete(f"/v1/attendees/{free.id}").status == 200
    refused = stage.asking("owner").delete(f"/v1/attendees/{paid.id}")
    if status == "completed":
        assert (refused.status, "paid for" in refused.errors[0]["detail"]) == (403, True)
    else:
        assert refused.status == 200
    kept = {"status": status, "coming": 1} if status == "completed" else {"status": "cancelled", "coming": 0}
    assert stage.database.rows(states) == [{"status": "cancelled", "coming": 0}, kept]
    told = stage.database.rows("SELECT arguments FROM outbox WHERE task = 'send_cancellation_mail'")
    assert len(told) == (1 if status == "completed" else 2)


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_stays_so(stage: Stage, status: str) -> None:
    order = stage.ordered(status)
    for who in ("buyer", "owner", "staff"):
        assert move(stage.asking(who), order, "completed").status in {403, 409}


def test_nothing_is_ordered_for_an_event_that_was_removed(stage: Stage) -> None:
    orders = {status: stage.ordered(status) for status in ("initializing", "placed")}
    stage.database.run("UPDATE events SET deleted_at = now()")
    for who in ("buyer", "owner", "staff"):
        for order in orders.values():
            assert move(stage.asking(who), order, "completed").status in {403, 404, 409}
    assert move(stage.asking("buyer"), orders["placed"], "cancelled").status == 200
