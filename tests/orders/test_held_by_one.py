"""How many places one account may hold: nobody keeps the stock of an event from others without paying."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.orders.baskets import ORDER, basket, paid
from tests.support.bombard import Shot, serving, statuses
from tests.support.databases import TestDatabase
from tests.support.directories import tmp_path
from tests.support.documents import document
from tests.support.http_client import Client, Reply

__all__ = ["tmp_path"]


@pytest.fixture(autouse=True)
def _on(limits_on: None) -> None:
    """Here limits are what they are in production."""


def order(client: Client, who: Any, ticket: Any, quantity: int) -> Reply:
    return client.signed_in_as(who).post(ORDER, basket((ticket, quantity)))


def refused(reply: Reply) -> bool:
    if reply.status == 409:
        assert reply.errors[0]["source"] == {"pointer": "/tickets"}
    return reply.status == 409


@pytest.mark.parametrize(("is_verified", "most"), [(False, 10), (True, 100)])
def test_an_account_holds_so_many_places_of_an_event(
    client: Client, database: TestDatabase, is_verified: bool, most: int
) -> None:
    who = stored(make_user, is_verified=is_verified)
    event = stored(make_event)
    ticket, other = paid(event, quantity=500, max_order=1000), paid(event, quantity=500, max_order=1000)
    assert refused(order(client, who, ticket, most + 1))
    assert order(client, who, ticket, most - 2).status == 200
    assert refused(order(client, who, other, 3)), "all tickets of an event count together"
    assert order(client, who, other, 2).status == 200
    assert refused(order(client, who, ticket, 1))
    assert database.one("SELECT count(*) FROM attendees") == most
    elsewhere = paid(stored(make_event), quantity=500, max_order=1000)
    assert order(client, who, elsewhere, 1).status == 200
    assert order(client, stored(make_user), ticket, 1).status == 200


def test_the_stock_cannot_be_held_by_many_small_orders(client: Client, database: TestDatabase) -> None:
    who, ticket = stored(make_user, is_verified=False), paid(stored(make_event), quantity=500, max_order=1000)
    found = [order(client, who, ticket, 1).status for _ in range(15)]
    assert found == [200] * 10 + [409] * 5
    assert database.one("SELECT count(*) FROM attendees WHERE deleted_at IS NULL") == 10


def test_orders_at_the_same_moment_are_all_counted(
    database: TestDatabase, stand_in: Resources, tmp_path: Path
) -> None:
    who, ticket = stored(make_user, is_verified=False), paid(stored(make_event), quantity=500, max_order=1000)
    with serving(tmp_path) as system:
        (token,) = system.logged_in([who])
        found = statuses(system.bombard([Shot("POST", ORDER, basket((ticket, 2)), token)] * 16, threads=8))
    assert found == {200: 5, 409: 11}


def test_places_come_back_when_the_order_is_cancelled_or_overdue(client: Client) -> None:
    who, ticket = stored(make_user, is_verified=False), paid(stored(make_event), quantity=500, max_order=1000)
    made = order(client, who, ticket, 10)
    assert refused(order(client, who, ticket, 1))
    path = f"/v1/orders/{made.data['id']}"
    cancelled = client.signed_in_as(who).patch(
        path, document("order", {"status": "cancelled"}, made.data["id"])
    )
    assert cancelled.status == 200, cancelled.text
    assert order(client, who, ticket, 10).status == 200
    with clock.shifted(timedelta(minutes=20)):
        assert order(client, who, ticket, 10).status == 200


def test_what_was_had_at_last_does_not_count(client: Client, database: TestDatabase) -> None:
    who, ticket = stored(make_user, is_verified=False), paid(stored(make_event), quantity=500, max_order=1000)
    assert order(client, who, ticket, 10).status == 200
    database.run("UPDATE orders SET status = 'completed', expires_at = NULL")
    assert order(client, who, ticket, 10).status == 200


def test_the_team_and_staff_hold_any_number(client: Client) -> None:
    event = stored(make_event)
    ticket = paid(event, quantity=500, max_order=1000)
    team = stored(make_users_events_roles, event=event, role="coorganizer")
    for who in (team.user_id, stored(make_user, is_admin=True)):
        assert order(client, who, ticket, 120).status == 200


def test_the_numbers_are_settings(client: Client, environment: pytest.MonkeyPatch) -> None:
    who, ticket = stored(make_user, is_verified=False), paid(stored(make_event), quantity=500, max_order=1000)
    environment.setenv("HELD_PLACES_UNVERIFIED", "3")
    settings.cache_clear()
    assert refused(order(client, who, ticket, 4))
    environment.setenv("HELD_PLACES_UNVERIFIED", "0")
    settings.cache_clear()
    assert order(client, who, ticket, 40).status == 200
