"""Who comes by an order: said by its buyer as the form asks, in the places that the order has."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

import pg8000
import pytest

from chalicelib.resources.events.event.event import Event
from devstack import database as maintenance
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.custom_form import make_custom_form
from tests.factories.ticket import make_ticket
from tests.factories.users_events_roles import make_users_events_roles
from tests.orders.stage import Stage, change, move
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.running_system import eventually

_WAITING: Final = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
def stage(client: Client, database: TestDatabase) -> Stage:
    return Stage(client, database)


def asks(event: Event, identifier: str, **values: Any) -> None:
    """A question of the event's attendee form, by default one that must be answered."""
    kept = {"is_required": True, "name": identifier, **values}
    stored(make_custom_form, event=event, form="attendee", field_identifier=identifier, **kept)


def seat(stage: Stage, status: str = "initializing", **values: Any) -> Any:
    """A nameless attendee of an order in this state."""
    order = stage.ordered(status)
    nameless = {"firstname": None, "lastname": None, "email": None}
    return stored(
        make_attendee, event=stage.event, order=order, ticket=stage.ticket, **{**nameless, **values}
    )


def pointers(reply: Any) -> list[str]:
    return [error["source"]["pointer"] for error in reply.errors]


def test_the_form_is_answered_attendee_by_attendee(stage: Stage, database: TestDatabase) -> None:
    asks(stage.event, "email", is_fixed=True, type="email")
    asks(stage.event, "jobTitle")
    asks(stage.event, "shoeSize", type="number")
    asks(stage.event, "company", is_included=False)
    asks(stage.event, "city", is_required=False)
    someone, other = seat(stage), seat(stage)
    buyer = stage.asking("buyer")
    refused = change(buyer, someone, firstname="Ada", job_title=" ")
    assert refused.status == 422
    assert sorted(pointers(refused)) == [
        "/data/attributes/complex-field-values/shoe_size",
        "/data/attributes/email",
        "/data/attributes/job-title",
    ]
    assert database.one("SELECT firstname FROM attendees WHERE id = :id", id=someone.id) is None
    whole = {"email": "ada@example.org", "job_title": "Poet", "complex_field_values": {"shoeSize": "39"}}
    assert change(buyer, someone, firstname="Ada", **whole).status == 200
    assert change(buyer, other, **{**whole, "complex_field_values": {"shoe-size": "small"}}).status == 422
    # The door asks nothing.
    tagging = stage.asking("registrar")
    assert change(tagging, other, attendee_notes="Needs a ramp").status == 200


def test_consent_that_is_demanded_is_given(stage: Stage) -> None:
    asks(stage.event, "isConsentOfRefundPolicy")
    someone, buyer = seat(stage), stage.asking("buyer")
    assert pointers(change(buyer, someone, firstname="Ada")) == [
        "/data/attributes/is-consent-of-refund-policy"
    ]
    assert change(buyer, someone, firstname="Ada", is_consent_of_refund_policy=True).status == 200


def test_each_ticket_asks_by_a_form_of_its_own(stage: Stage) -> None:
    asks(stage.event, "jobTitle")
    asks(stage.event, "city", form_id="students")
    student = stored(make_ticket, event=stage.event, form_id="students")
    order = stage.ordered("initializing")
    learns = stored(make_attendee, event=stage.event, order=order, ticket=student, city=None)
    buyer = stage.asking("buyer")
    assert pointers(change(buyer, learns, firstname="Ada")) == ["/data/attributes/city"]
    refused = move(buyer, order, "completed")
    assert [error["detail"].split(": ", 1)[1] for error in refused.errors] == [
        "jobTitle must be answered.",
        "city must be answered.",
    ]
    assert change(buyer, learns, city="Uppsala").status == 200
    assert len(move(buyer, order, "completed").errors) == 1


@pytest.mark.parametrize("state", ["pending", "placed", "completed"])
def test_the_form_is_asked_again_when_an_order_leaves_its_buyers_hands(stage: Stage, state: str) -> None:
    stage.order.update(amount=0 if state == "completed" else 50, payment_mode="bank")
    asks(stage.event, "jobTitle")
    asks(stage.event, "shoeSize", type="number", is_required=False)
    order = stage.ordered("initializing")
    misfit = stored(
        make_attendee,
        event=stage.event,
        order=order,
        ticket=stage.ticket,
        job_title="Clown",
        complex_field_values={"shoe_size": "huge"},
    )
    for viewer in ("buyer", "owner"):
        before = stage.seen(order)
        refused = move(stage.asking(viewer), order, state)
        assert (refused.status, pointers(refused)) == (422, ["/data/relationships/attendees"] * 2)
        assert refused.errors[0]["detail"].endswith("jobTitle must be answered.")
        assert refused.errors[1]["detail"] == f"Attendee {misfit.id}: shoeSize: a number, please."
        assert stage.seen(order) == before
    stage.database.run(
        "UPDATE attendees SET job_title = 'Juggler', complex_field_values = '{\"shoe_size\": 43}'"
    )
    assert move(stage.asking("buyer"), order, state).status == 200


def test_what_the_form_asks_later_does_not_hold_up_a_payment(stage: Stage) -> None:
    stage.order.update(amount=50, payment_mode="bank")
    order = stage.ordered("pending")
    asks(stage.event, "jobTitle")
    assert move(stage.asking("buyer"), order, "placed").status == 200
    assert move(stage.asking("owner"), order, "completed").status == 200


@pytest.mark.parametrize("status", ["pending", "placed", "completed"])
def test_who_comes_stays_once_the_order_has_left_its_buyers_hands(stage: Stage, status: str) -> None:
    someone = seat(stage, status)
    refused = change(stage.asking("buyer"), someone, firstname="Eve")
    assert refused.status == 422
    assert f"The order is {status}" in refused.errors[0]["detail"]


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_nobody_comes_back_to_an_order_that_has_ended(
    stage: Stage, database: TestDatabase, status: str
) -> None:
    order = stage.ordered("initializing")
    attendee = database.one("SELECT id FROM attendees WHERE order_id = :id", id=order.id)
    assert move(stage.asking("owner"), order, status).status == 200
    back = document("attendee", {"deleted-at": None}, attendee)
    before = stage.seen(order)
    for viewer in ("owner", "staff"):
        refused = stage.asking(viewer).patch(f"/v1/attendees/{attendee}?get_trashed=true", back)
        assert refused.status == 409
        assert f"The order is {status}" in refused.errors[0]["detail"]
    assert stage.seen(order) == before


def test_somebody_moves_to_another_ticket_as_long_as_it_has_places(
    stage: Stage, database: TestDatabase
) -> None:
    box = stored(make_ticket, event=stage.event, quantity=1)
    first, second = seat(stage), seat(stage)
    staff = stage.asking("staff")
    assert change(staff, first, ticket_id=str(box.id)).status == 200
    refused = change(staff, second, ticket_id=str(box.id))
    assert refused.status == 409
    assert "no place left" in refused.errors[0]["detail"]
    taken = "SELECT ticket_id, taken FROM stocks WHERE ticket_id IS NOT NULL ORDER BY ticket_id"
    assert database.rows(taken) == [
        {"ticket_id": stage.ticket.id, "taken": 3},
        {"ticket_id": box.id, "taken": 1},
    ]


def test_who_changes_an_attendee_of_an_order_that_is_being_changed_waits_for_it(
    stage: Stage, database: TestDatabase
) -> None:
    someone, _other, crew = seat(stage), seat(stage), stage.asking("registrar")
    database.run("UPDATE attendees SET order_id = :id", id=someone.order_id)
    for request in (
        lambda: change(stage.asking("buyer"), someone, firstname="Ada"),
        lambda: crew.delete(f"/v1/attendees/{someone.id}"),
    ):
        with maintenance.connected(database.url) as other, ThreadPoolExecutor() as pool:
            other.run("START TRANSACTION")
            other.run("SELECT id FROM orders FOR UPDATE")
            answer = pool.submit(request)
            eventually(lambda: database.one(_WAITING), "the wait for the order")
            assert not answer.done()
            other.run("COMMIT")
            assert answer.result().status == 200, answer.result().text


def test_who_waits_too_long_is_asked_to_come_again(stage: Stage, database: TestDatabase) -> None:
    someone = seat(stage)
    with maintenance.connected(database.url) as other:
        other.run("START TRANSACTION")
        other.run("SELECT id FROM orders FOR UPDATE")
        busy = change(stage.asking("buyer"), someone, firstname="Ada")
        assert (busy.status, busy.headers["retry-after"]) == (503, "1")
        other.run("ROLLBACK")


def test_attendees_of_one_order_are_changed_at_the_same_time(stage: Stage, database: TestDatabase) -> None:
    someone = seat(stage)
    with maintenance.connected(database.url) as other:
        other.run("START TRANSACTION")
        other.run("SELECT id FROM orders FOR SHARE")
        assert change(stage.asking("buyer"), someone, firstname="Ada").status == 200
        other.run("ROLLBACK")


def test_a_box_office_sells_by_the_rules_of_buyers(stage: Stage) -> None:
    stored(make_users_events_roles, event=stage.event, user=stage.buyer, role="owner")
    asks(stage.event, "jobTitle")
    assert change(stage.asking("buyer"), seat(stage), firstname="Ada").status == 422


def test_of_two_who_wait_for_each_other_nobody_is_turned_away(stage: Stage, database: TestDatabase) -> None:
    renamed = document("ticket", {"name": "Balcony"}, stage.ticket.id)
    owner = stage.asking("owner")
    with maintenance.connected(database.url) as other, ThreadPoolExecutor() as pool:
        other.run("START TRANSACTION")
        other.run("SELECT id FROM tickets FOR UPDATE")
        answer = pool.submit(owner.patch, f"/v1/tickets/{stage.ticket.id}", renamed)
        eventually(lambda: database.one(_WAITING), "the wait for the ticket")
        # The event is locked by whoever waits for the ticket: PostgreSQL ends one of the two.
        with suppress(pg8000.DatabaseError):
            other.run("SELECT id FROM events FOR UPDATE")
        other.run("ROLLBACK")
        assert answer.result().status == 200, answer.result().text
    assert database.one("SELECT name FROM tickets") == "Balcony"
