"""Sales by day, week and month: gaps and all, in the event's own time zone."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.statements import counted_statements

NOTHING = {"orders": 0, "tickets": 0, "sales": 0}
ZONE = "Pacific/Auckland"


@pytest.fixture
def owner(database: TestDatabase) -> User:
    return stored(make_user)


@pytest.fixture
def event(owner: User) -> Event:
    return stored(make_event, owner=owner, timezone=ZONE, payment_currency="NZD")


def sold(event: Event, at: str, status: str = "completed", amount: str = "0", tickets: int = 1) -> None:
    """An order made at this time of the event's clocks, or at a moment with an offset."""
    moment = datetime.fromisoformat(at)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(event.timezone))
    order = stored(make_order, event=event, status=status, amount=Decimal(amount), created_at=moment)
    for _ in range(tickets):
        stored(make_attendee, event=event, order=order)


def ask(client: Client, owner: Any, event: Event, **query: str) -> Reply:
    query = {name.rstrip("_"): value for name, value in query.items()}
    return client.signed_in_as(owner).get(f"/v1/events/{event.identifier}/sales-over-time", query=query)


def told(client: Client, owner: User, event: Event, **query: str) -> dict[str, dict[str, Any]]:
    """The periods by their first days."""
    reply = ask(client, owner, event, **query)
    assert reply.status == 200, reply.text
    return {period.pop("period"): period for period in reply.json["periods"]}


def test_days_without_sales_are_told_too(client: Client, owner: User, event: Event) -> None:
    sold(event, "2026-03-02T09:00", amount="20.50", tickets=2)
    sold(event, "2026-03-02T21:00", amount="0.10")
    sold(event, "2026-03-02T10:00", "placed", amount="7")
    sold(event, "2026-03-04T10:00", "placed", amount="5", tickets=3)
    for status in ("initializing", "pending", "cancelled", "expired"):
        sold(event, "2026-03-03T10:00", status, amount="100")
    sold(event, "2026-03-01T23:59", amount="1000")
    sold(event, "2026-03-05T00:00", amount="1000")
    reply = ask(client, owner, event, from_="2026-03-02", to="2026-03-04")
    assert reply.json == {
        "currency": "NZD",
        "timezone": ZONE,
        "by": "day",
        "periods": [
            {
                "period": "2026-03-02",
                "completed": {"orders": 2, "tickets": 3, "sales": 20.6},
                "placed": {"orders": 1, "tickets": 1, "sales": 7},
            },
            {"period": "2026-03-03", "completed": NOTHING, "placed": NOTHING},
            {
                "period": "2026-03-04",
                "completed": NOTHING,
                "placed": {"orders": 1, "tickets": 3, "sales": 5},
            },
        ],
    }
    assert reply.headers["content-type"] == "application/json"
    assert '"sales" : 20.60' in reply.text


def test_money_is_exact_to_the_last_cent(client: Client, owner: User, event: Event) -> None:
    for _ in range(3):
        sold(event, "2026-03-02T09:00", amount="999999999999.01")
    reply = ask(client, owner, event, from_="2026-03-02", to="2026-03-02")
    assert '"sales" : 2999999999997.03' in reply.text


def test_a_day_is_one_where_the_event_is(client: Client, owner: User, event: Event) -> None:
    # Noon in London is midnight in Auckland, where clocks are put back on the 5th of April: 25 hours.
    sold(event, "2026-04-04T10:59:59+00:00")
    sold(event, "2026-04-04T11:00:00+00:00")
    sold(event, "2026-04-05T11:59:59+00:00")
    sold(event, "2026-04-05T12:00:00+00:00")
    found = told(client, owner, event, from_="2026-04-04", to="2026-04-06")
    orders = {day: value["completed"]["orders"] for day, value in found.items()}
    assert orders == {"2026-04-04": 1, "2026-04-05": 2, "2026-04-06": 1}


def test_weeks_begin_on_monday_and_are_told_whole(client: Client, owner: User, event: Event) -> None:
    for day in ("2026-03-01", "2026-03-02", "2026-03-08", "2026-03-22", "2026-03-23"):
        sold(event, f"{day}T12:00")
    found = told(client, owner, event, by="week", from_="2026-03-05", to="2026-03-17")
    orders = {day: value["completed"]["orders"] for day, value in found.items()}
    assert orders == {"2026-03-02": 2, "2026-03-09": 0, "2026-03-16": 1}


def test_months_are_as_long_as_they_are(client: Client, owner: User, event: Event) -> None:
    for day in ("2026-01-31", "2026-02-28", "2026-03-01", "2026-03-31"):
        sold(event, f"{day}T23:30")
    found = told(client, owner, event, by="month", from_="2026-01-31", to="2026-03-01")
    orders = {day: value["completed"]["orders"] for day, value in found.items()}
    assert orders == {"2026-01-01": 1, "2026-02-01": 1, "2026-03-01": 2}


@pytest.mark.parametrize(("by", "number", "days"), [("day", 30, 1), ("week", 12, 7), ("month", 12, 28)])
def test_without_dates_it_is_about_what_was_lately(
    client: Client, owner: User, event: Event, by: str, number: int, days: int
) -> None:
    sold(event, clock.now().isoformat())
    found = told(client, owner, event, by=by)
    assert len(found) == number
    assert [item["completed"]["orders"] for item in found.values()] == [0] * (number - 1) + [1]
    periods = [date.fromisoformat(item) for item in found]
    assert all(
        timedelta(days) <= after - before <= timedelta(days + 3) for before, after in pairwise(periods)
    )
    assert len(told(client, owner, event, by=by, to="2026-03-02")) == number


def test_tickets_that_were_taken_off_an_order_are_not_counted(
    client: Client, owner: User, event: Event, database: TestDatabase
) -> None:
    sold(event, "2026-03-02T09:00", tickets=3)
    database.run("UPDATE attendees SET deleted_at = now() WHERE id = (SELECT min(id) FROM attendees)")
    found = told(client, owner, event, from_="2026-03-02", to="2026-03-02")
    assert found["2026-03-02"]["completed"] == {"orders": 1, "tickets": 2, "sales": 0}


def test_an_event_without_a_currency_says_so(client: Client, owner: User) -> None:
    plain = stored(make_event, owner=owner)
    assert ask(client, owner, plain).json["currency"] is None


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"by": "hour"}, "by"),
        ({"by": "day'; --"}, "by"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "20260302"}, "from"),
        ({"to": "2026-3-2"}, "to"),
        ({"to": ""}, "to"),
        ({"to": "٢٠٢٦-٠٣-٠٢"}, "to"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"from": "9999-12-31"}, "from"),
        ({"from": "0001-01-01"}, "from"),
        ({"from": "1000-01-01"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "2025-01-01", "to": "2026-02-05"}, "from"),
        ({"by": "month", "from": "1950-01-01", "to": "2026-02-05"}, "from"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: Client, owner: User, event: Event, query: dict[str, str], parameter: str
) -> None:
    reply = ask(client, owner, event, **query)
    assert (reply.status, reply.errors[0]["source"]) == (400, {"parameter": parameter})


def test_four_hundred_periods_are_not_too_many(client: Client, owner: User, event: Event) -> None:
    assert len(told(client, owner, event, from_="2025-01-01", to="2026-02-04")) == 400
    assert len(told(client, owner, event, from_="9999-12-31", to="9999-12-31")) == 1


def test_sales_are_for_the_team(client: Client, owner: User, event: Event) -> None:
    coorganizer = stored(make_users_events_roles, event=event, role="coorganizer").user_id
    registrar = stored(make_users_events_roles, event=event, role="registrar").user_id
    elsewhere = stored(make_users_events_roles, role="owner").user_id
    for who, status in (
        (coorganizer, 200),
        (stored(make_user, is_admin=True), 200),
        (registrar, 403),
        (elsewhere, 403),
    ):
        assert ask(client, who, event).status == status
    assert client.get(f"/v1/events/{event.id}/sales-over-time").status == 401
    draft = stored(make_event, state="draft")
    assert ask(client, elsewhere, draft).status == 404


def test_any_number_of_periods_takes_one_statement(
    client: Client, owner: User, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(client, owner, event)
    with counted_statements(monkeypatch) as seen:
        ask(client, owner, event, by="month")
    assert len([item for item in seen if "FROM events" in item or "orders" in item]) == 1
