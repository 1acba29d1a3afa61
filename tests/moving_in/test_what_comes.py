"""Every row of the former installation is accounted for, and what came obeys our rules."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, db
from chalicelib.resources import REGISTRY
from chalicelib.resources.normalize import nouns, rewrite
from chalicelib.resources.orders import billing
from tests.moving_in.conftest import Installation
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


def test_every_row_is_accounted_for(installation: Installation) -> None:
    lines = installation.report.summary()
    assert [line["table"] for line in lines if line["adds up"] != "yes"] == []
    assert sum(line["there"] for line in lines) > 2500


def test_each_refused_row_is_reported_with_its_reason(installation: Installation) -> None:
    report = installation.report
    lines = [json.loads(line) for line in report.path.read_text().splitlines()]
    refused = Counter(line["table"] for line in lines if line["kind"] == "refused")
    assert refused == {line["table"]: line["refused"] for line in report.summary() if line["refused"]}
    assert all(line["reason"] for line in lines)
    assert ("orders", 117) in {(line["table"], line["id"]) for line in lines if line["kind"] == "refused"}


def test_a_second_run_finds_everything_as_before(
    installation: Installation, database: TestDatabase, client: Client
) -> None:
    outbox = "SELECT count(*) FROM outbox"
    before = database.one(outbox)
    lines = installation.move().summary()
    assert [line for line in lines if line["came"] or line["changed"] or line["gone"]] == []
    assert database.one(outbox) == before == 0


def test_new_rows_get_ids_beyond_those_that_came(database: TestDatabase) -> None:
    for table, largest in (("pages", 500), ("events", 15), ("users", 44)):
        assert database.one(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))") > largest


def test_columns_that_follow_from_others_are_right(client: Client) -> None:
    for resource in nouns(REGISTRY):
        with db.transaction() as session:
            page = rewrite(session, resource, limit=10_000)
        assert (resource.type, page.rewritten, page.refused) == (resource.type, 0, ())


COUNTERS: dict[str, str] = {
    "stocks": """
        SELECT s.id FROM stocks s WHERE s.taken <> (SELECT count(*) FROM attendees a
          LEFT JOIN tickets t ON t.id = a.ticket_id WHERE a.deleted_at IS NULL AND (
          a.ticket_id = s.ticket_id OR t.pool_id = s.pool_id OR a.discount_code_id = s.discount_code_id
          OR a.access_code_id = s.access_code_id))""",
    "capacities": "SELECT id FROM stocks WHERE taken > capacity",
    "capacities of tickets": """
        SELECT t.id FROM tickets t JOIN stocks s ON s.ticket_id = t.id
        WHERE s.capacity IS DISTINCT FROM t.quantity""",
    "ratings": """
        SELECT s.id FROM sessions s WHERE (rating_count, favourite_count, average_rating) IS DISTINCT FROM (
          (SELECT count(*) FROM feedbacks f WHERE f.session_id = s.id AND f.deleted_at IS NULL),
          (SELECT count(*) FROM user_favourite_sessions u WHERE u.session_id = s.id),
          (SELECT coalesce(avg(rating), 0) FROM feedbacks f WHERE f.session_id = s.id AND f.deleted_at IS NULL))""",
    "payments of paid orders": """
        SELECT o.id FROM orders o WHERE status = 'completed' AND amount > 0
          AND (SELECT sum(amount_minor) FROM payments p WHERE p.order_id = o.id) IS NULL""",
    "payments of other orders": """
        SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.status <> 'completed'""",
    "people of ended orders": """
        SELECT a.id FROM attendees a JOIN orders o ON o.id = a.order_id
        WHERE o.status IN ('cancelled', 'expired') AND a.deleted_at IS NULL""",
    "places": """
        SELECT e.id FROM events e LEFT JOIN event_locations l ON l.id = e.event_location_id
        WHERE btrim(searchable_location_name) <> '' AND l.id IS NULL""",
}


@pytest.mark.parametrize("what", COUNTERS)
def test_counters_and_sums_agree(what: str, database: TestDatabase) -> None:
    assert database.rows(COUNTERS[what]) == []


def test_people_keep_their_places_where_more_was_sold_than_there_was(database: TestDatabase) -> None:
    sold = "SELECT count(*) FROM attendees WHERE ticket_id = :id AND deleted_at IS NULL"
    quantity = "SELECT quantity FROM tickets WHERE id = :id"
    for ticket in (2, 39):
        assert database.one(quantity, id=ticket) == database.one(sold, id=ticket)


def test_printed_tickets_stay_good(database: TestDatabase) -> None:
    """The QR code is the order's identifier and the attendee's, or its id."""
    assert (
        database.one("SELECT identifier FROM orders WHERE id = 1") == "d5f2c6c0-4eeb-42b0-962e-cb89326b78aa"
    )
    assert database.one("SELECT identifier FROM attendees WHERE id = 1") == "cfa594"


def test_no_secret_comes(database: TestDatabase) -> None:
    (row,) = database.rows("SELECT * FROM settings")
    secrets: dict[str, Any] = {
        name: value
        for name, value in row.items()
        if name.endswith(("_secret", "_password", "_key", "_token"))
        and name not in {"stripe_publishable_key", "aws_key"}
    }
    assert {name for name, value in secrets.items() if value} == set()
    assert database.rows("SELECT id FROM video_channels WHERE api_key IS NOT NULL") == []


def test_what_follows_from_an_address_is_linked(database: TestDatabase) -> None:
    assert database.one("SELECT user_id FROM video_stream_moderators WHERE id = 7") == 5
    details = database.one("SELECT details FROM notification_contents WHERE id = 14")
    assert details["order"]["id"] == 67


def test_what_was_sold_before_the_month_of_the_move_is_not_billed(database: TestDatabase) -> None:
    def billed() -> list[int]:
        with clock.shifted(timedelta(days=40)), db.transaction() as session:
            return billing.events_to_bill(session, billing.month_to_bill(session), 0)

    paid = "status = 'completed' AND amount > 0 AND event_invoice_id IS NULL"
    rows = database.rows(
        f"SELECT id, event_id FROM orders WHERE {paid} AND completed_at IS NOT NULL ORDER BY id"
    )
    assert len(rows) > 10
    assert billed() == []
    lately, here = rows[0], next(row for row in rows if row["event_id"] != rows[0]["event_id"])
    database.run("DELETE FROM event_invoices WHERE event_id = :id", id=lately["event_id"])
    database.run("UPDATE orders SET completed_at = now() WHERE id = :id", id=lately["id"])
    assert billed() == [lately["event_id"]]
    database.run("DELETE FROM event_invoices WHERE event_id = :id", id=here["event_id"])
    database.run("DELETE FROM moved_rows WHERE source = 'orders' AND new_id = :id", id=here["id"])
    assert billed() == sorted([lately["event_id"], here["event_id"]])
