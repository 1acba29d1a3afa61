"""What the demo's events sell adds up, and each noun of it has something to look at."""

import pytest

from chalicelib import db, signals
from devstack import demo
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

TABLES = (
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
    with db.transaction() as session, signals.silent():
        demo.create(session)
    return client.signed_in_as(stored(make_user, is_admin=True))


def test_every_noun_around_tickets_has_rows(staff: Client, database: TestDatabase) -> None:
    assert [table for table in TABLES if not database.one(f"SELECT count(*) FROM {table}")] == []


def test_reports_on_the_demo_are_right(staff: Client) -> None:
    events = {
        one["attributes"]["name"]: one["attributes"]["sales"]
        for one in staff.get("/v1/admin/sales/by-events").data
    }
    # Two regular tickets at a tenth less, one early bird and a student; one regular is not paid yet.
    assert events["Nordic Python Days"]["completed"] == {"sales_total": 3820, "ticket_count": 4}
    assert events["Nordic Python Days"]["placed"] == {"sales_total": 1400, "ticket_count": 1}
    assert events["Open Maps Summit"]["pending"] == {"sales_total": 25, "ticket_count": 1}
    assert events["Riverside Jazz Weekend"]["completed"] == {"sales_total": 55, "ticket_count": 2}
    fees = {one["attributes"]["name"]: one["attributes"] for one in staff.get("/v1/admin/sales/fees").data}
    assert fees["Nordic Python Days"]["revenue"] == 3705.4  # 3 percent of 3820
    assert fees["Open Maps Summit"]["revenue"] == 48  # 4 percent of 50, by the fee for all countries
    (discounted,) = staff.get("/v1/admin/sales/discounted").data
    assert discounted["attributes"]["sales"]["completed"] == {"sales_total": 2520, "ticket_count": 2}
