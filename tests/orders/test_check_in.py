"""At the door: who has a ticket that is placed or completed comes in, and it is noted when."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.users_events_roles import make_users_events_roles
from tests.orders.stage import ENDED, Stage, change
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

NOON, EVENING = "2030-05-01T12:00:00+00:00", "2030-05-01T18:00:00+00:00"


@pytest.fixture
def stage(client: Client, database: TestDatabase) -> Stage:
    return Stage(client, database)


def seat(stage: Stage, status: str) -> Any:
    return stored(make_attendee, event=stage.event, order=stage.ordered(status), ticket=stage.ticket)


def test_the_ticket_says_order_and_attendee(stage: Stage, database: TestDatabase) -> None:
    someone = seat(stage, "completed")
    text = database.one(
        "SELECT orders.identifier || '-' || attendees.identifier FROM attendees "
        "JOIN orders ON orders.id = order_id WHERE attendees.id = :id",
        id=someone.id,
    )
    assert len(text) == 36 + 1 + 6
    for viewer in ("buyer", "registrar", "owner", "staff"):
        shown = stage.asking(viewer).get(f"/v1/attendees/{someone.id}").data["attributes"]
        assert shown["qr-code-text"] == text
    ignored = change(stage.asking("registrar"), someone, qr_code_text="mine").data["attributes"]
    assert ignored["qr-code-text"] == text
    owner, query = stage.asking("owner"), {"filter[qr-code-text]": text}
    found = owner.get(f"/v1/events/{stage.event.id}/attendees", query=query).data
    assert [item["id"] for item in found] == [str(someone.id)]
    for viewer in ("nobody", "stranger"):
        assert stage.asking(viewer).get(f"/v1/attendees/{someone.id}").status == 404


@pytest.mark.parametrize("viewer", ["registrar", "coorganizer", "owner", "staff"])
def test_arrivals_are_noted_with_time_and_device(stage: Stage, viewer: str) -> None:
    door, someone = stage.asking(viewer), seat(stage, "placed")
    refused = change(door, someone, is_checked_in=True)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/attributes/checkin-times")
    first = {"is_checked_in": True, "checkin_times": NOON, "device_name_checkin": "Door 1"}
    assert change(door, someone, **first).status == 200
    assert change(door, someone, is_checked_out=True, checkin_times=NOON).status == 200
    again = {"is_checked_in": True, "checkin_times": EVENING, "device_name_checkin": "Door 2"}
    shown = change(door, someone, **again).data["attributes"]
    assert shown["checkin-times"] == f"{NOON},{EVENING}"
    assert shown["device-name-checkin"] == "Door 1,Door 2"
    assert (shown["is-checked-in"], shown["is-checked-out"]) == (True, False)
    assert len(shown["checkout-times"].split(",")) == 1


@pytest.mark.parametrize("viewer", ["buyer", "moderator", "guest", "stranger", "nobody"])
def test_nobody_else_lets_people_in(stage: Stage, viewer: str) -> None:
    someone = seat(stage, "completed")
    reply = change(stage.asking(viewer), someone, is_checked_in=True, checkin_times=NOON)
    assert reply.status in {403, 404}


@pytest.mark.parametrize("status", ["initializing", "pending"])
@pytest.mark.parametrize(
    "arrival",
    [
        {"is_checked_in": True, "checkin_times": NOON},
        {"is_checked_in": True, "is_checked_out": True, "checkin_times": NOON},
        {"is_registered": True, "register_times": NOON},
        {"checkin_times": NOON},
    ],
)
def test_a_ticket_that_nobody_has_paid_or_promised_to_admits_nobody(
    stage: Stage, database: TestDatabase, status: str, arrival: dict[str, Any]
) -> None:
    someone = seat(stage, status)
    for viewer in ("registrar", "staff"):
        refused = change(stage.asking(viewer), someone, **arrival)
        assert refused.status == 409
        assert f"The order is {status}" in refused.errors[0]["detail"]
    assert database.one("SELECT count(*) FROM attendees WHERE checkin_times IS NOT NULL") == 0
    nothing = {"is_checked_in": False, "checkin_times": None, "attendee_notes": "Pays at noon"}
    assert change(stage.asking("registrar"), someone, **nothing).status == 200


@pytest.mark.parametrize("status", [*ENDED, "completed"])
def test_who_was_removed_does_not_come_in(stage: Stage, database: TestDatabase, status: str) -> None:
    someone = seat(stage, status)
    database.run("UPDATE attendees SET deleted_at = now()")
    sent = {"is-checked-in": True, "checkin-times": NOON}
    body = {"data": {"type": "attendee", "id": str(someone.id), "attributes": sent}}
    door = stage.asking("registrar")
    assert door.patch(f"/v1/attendees/{someone.id}", body).status == 404
    assert door.patch(f"/v1/attendees/{someone.id}?get_trashed=true", body).status == 409
    assert database.one("SELECT count(*) FROM attendees WHERE is_checked_in") == 0


def test_a_registrar_of_another_event_lets_nobody_in(stage: Stage, client: Client) -> None:
    elsewhere = client.signed_in_as(stored(make_users_events_roles, role="registrar").user_id)
    someone = seat(stage, "completed")
    assert change(elsewhere, someone, is_checked_in=True, checkin_times=NOON).status == 404
