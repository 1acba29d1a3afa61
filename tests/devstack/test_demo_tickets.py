"""What the demo's events sell adds up, and each noun of it has something to look at."""

from datetime import timedelta

import pytest

from chalicelib import clock, db, signals
from devstack import demo
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

TABLES = (
    "ticket_pools",
    "ticket_tags",
    "access_codes",
    "discount_codes",
    "discount_codes_events",
    "ticket_fees",
    "taxes",
    "orders",
    "orders_tickets",
    "attendees",
    "tags",
    "stripe_authorizations",
    "event_invoices",
    "badge_forms",
    "badge_field_forms",
    "stations",
    "station_store_paxs",
    "user_check_ins",
)


@pytest.fixture
def staff(client: Client) -> Client:
    with db.transaction() as session, signals.muted():
        demo.create(session)
    return client.signed_in_as(stored(make_user, is_admin=True))


def test_every_noun_around_tickets_has_rows(staff: Client, database: TestDatabase) -> None:
    assert [table for table in TABLES if not database.one(f"SELECT count(*) FROM {table}")] == []


def test_reports_on_the_demo_are_right(staff: Client) -> None:
    events = {
        resource["attributes"]["name"]: resource["attributes"]["sales"]
        for resource in staff.get("/v1/admin/sales/by-events").data
    }
    # Two regular tickets at a tenth less, one early bird and a student; one regular is not paid yet.
    assert events["Nordic Python Days"]["completed"] == {"sales_total": 3820, "ticket_count": 4}
    assert events["Nordic Python Days"]["placed"] == {"sales_total": 1400, "ticket_count": 1}
    assert events["Open Maps Summit"]["pending"] == {"sales_total": 25, "ticket_count": 1}
    assert events["Riverside Jazz Weekend"]["completed"] == {"sales_total": 55, "ticket_count": 3}
    assert events["Riverside Jazz Weekend"]["placed"] == {"sales_total": 44, "ticket_count": 2}
    fees = {
        resource["attributes"]["name"]: resource["attributes"]
        for resource in staff.get("/v1/admin/sales/fees").data
    }
    assert fees["Nordic Python Days"]["revenue"] == 3705.4  # 3 percent of 3820
    assert fees["Open Maps Summit"]["revenue"] == 48  # 4 percent of 50, by the fee for all countries
    (discounted,) = staff.get("/v1/admin/sales/discounted").data
    assert discounted["attributes"]["sales"]["completed"] == {"sales_total": 2520, "ticket_count": 2}


def test_there_is_an_order_in_every_state_and_only_those_that_stand_take_places(
    staff: Client, database: TestDatabase
) -> None:
    coming = database.rows(
        "SELECT orders.status, bool_and(person.deleted_at IS NULL) AS alive, "
        "bool_and(orders.reference IS NOT NULL) AS named "
        "FROM orders JOIN attendees person ON person.order_id = orders.id GROUP BY orders.status"
    )
    assert {row["status"] for row in coming if row["alive"]} == {
        *("initializing", "pending", "placed", "completed"),
    }
    assert {row["status"] for row in coming if not row["alive"]} == {"cancelled", "expired"}
    ordered = "SELECT sum(quantity) FROM orders_tickets"
    assert database.one(ordered) == database.one("SELECT count(*) FROM attendees")
    assert database.one("SELECT count(*) FROM attendees WHERE discount_code_id IS NOT NULL") == 2
    assert all(row["named"] for row in coming)


def test_two_tickets_share_the_seats_by_the_river(staff: Client) -> None:
    (event,) = staff.get("/v1/events?filter[name]=Riverside Jazz Weekend").data
    left = {item["name"]: item for item in staff.get(f"/v1/events/{event['id']}/tickets/availability").json}
    # Two evenings are ordered, two more on hold, and somebody has a pass; one evening was given back.
    assert left["One evening"]["available"] == 400 - 4
    assert left["Weekend pass"]["available"] == 150 - 1
    (pool,) = staff.get(f"/v1/events/{event['id']}/ticket-pools").data
    tickets = staff.get(f"/v1/ticket-pools/{pool['id']}/tickets").data
    assert {ticket["attributes"]["name"] for ticket in tickets} == {"One evening", "Weekend pass"}


def test_what_is_on_hold_is_given_back_when_its_time_is_over(
    staff: Client, database: TestDatabase, pump: Pump
) -> None:
    held = "SELECT count(*) FROM orders WHERE expires_at IS NOT NULL"
    assert (database.one(held), database.one(f"{held} AND status IN ('initializing', 'pending')")) == (2, 2)
    taken = database.one("SELECT taken FROM stocks WHERE pool_id IS NOT NULL")
    with clock.shifted(timedelta(minutes=31)):
        pump.tick("sweep_outbox")
        pump.everything()
    assert database.one(held) == 0
    assert database.one("SELECT taken FROM stocks WHERE pool_id IS NOT NULL") == taken - 2
    assert database.one("SELECT count(*) FROM orders WHERE status = 'expired'") == 3
