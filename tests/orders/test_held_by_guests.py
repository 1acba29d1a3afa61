"""Guests hold few places, and ask for few orders and mails: nobody sells an event out without an account."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import ORDER, basket
from tests.support.bombard import Shot, serving, statuses
from tests.support.databases import TestDatabase
from tests.support.directories import tmp_path
from tests.support.guests import AGAIN, OPEN, Guest
from tests.support.http_client import Client
from tests.support.pump import Pump

__all__ = ["tmp_path"]


@pytest.fixture(autouse=True)
def _on(limits_on: None) -> None:
    """Here limits are what they are in production."""


@pytest.fixture
def ticket(database: TestDatabase) -> Any:
    return stored(make_ticket, event=stored(make_event), quantity=1000)


@pytest.fixture
def unlimited(environment: pytest.MonkeyPatch) -> None:
    """So many orders that only held places count."""
    for name in ("GUEST_ORDERS", "GUEST_ORDERS_BY_SOURCE"):
        environment.setenv(f"LIMIT_{name}", "1000/1h")
    settings.cache_clear()


def guest(client: Client, pump: Pump, name: str, source: str) -> Guest:
    return Guest(client.from_address(source), pump, f"{name}@example.org")


def test_one_address_and_one_client_hold_ten_places(
    client: Client, pump: Pump, ticket: Any, unlimited: None
) -> None:
    first = guest(client, pump, "one", "203.0.113.1")
    assert first.orders((ticket, 7)).status == 200
    refused = first.orders((ticket, 4))
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/tickets")
    assert "7 are held already" in refused.errors[0]["detail"]
    # By the address from elsewhere, however it is written, and from there with another address.
    assert guest(client, pump, "ONE", "203.0.113.2").orders((ticket, 4)).status == 409
    assert guest(client, pump, "two", "203.0.113.1").orders((ticket, 4)).status == 409
    assert guest(client, pump, "two", "203.0.113.2").orders((ticket, 4)).status == 200
    # At another event they count anew, and what is over frees them.
    assert first.orders((stored(make_ticket, event=stored(make_event)), 4)).status == 200
    holder, order = guest(client, pump, "three", "203.0.113.3").with_order((ticket, 10))
    assert holder.moves(order, status="cancelled").status == 200
    assert guest(client, pump, "three", "203.0.113.3").orders((ticket, 10)).status == 200


def test_networks_of_ipv6_are_one_client(client: Client, pump: Pump, ticket: Any, unlimited: None) -> None:
    assert guest(client, pump, "one", "2001:db8:0:1::1").orders((ticket, 10)).status == 200
    assert guest(client, pump, "two", "2001:db8:0:1:ffff::9").orders((ticket, 1)).status == 409
    assert guest(client, pump, "two", "2001:db8:0:2::1").orders((ticket, 1)).status == 200


def test_orders_are_limited_by_address_by_client_and_by_event(
    client: Client, pump: Pump, ticket: Any, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_GUEST_ORDERS", "2/1h")
    environment.setenv("LIMIT_GUEST_ORDERS_BY_SOURCE", "3/1h")
    environment.setenv("LIMIT_GUEST_ORDERS_BY_EVENT", "4/1h")
    settings.cache_clear()
    for _ in range(2):
        assert guest(client, pump, "one", "203.0.113.1").orders(ticket).status == 200
    full = guest(client, pump, "One", "203.0.113.2").orders(ticket)
    assert (full.status, full.errors[0]["source"]["pointer"]) == (429, "/buyer/email")
    assert int(full.headers["retry-after"]) > 0
    assert guest(client, pump, "two", "203.0.113.1").orders(ticket).status == 200
    assert guest(client, pump, "three", "203.0.113.1").orders(ticket).status == 429
    assert guest(client, pump, "three", "203.0.113.3").orders(ticket).status == 200
    full = guest(client, pump, "four", "203.0.113.4").orders(ticket)
    assert (full.status, full.errors[0]["source"]["pointer"]) == (429, "/buyer")
    account = client.from_address("203.0.113.1").signed_in_as(stored(make_user))
    assert account.post(ORDER, basket(ticket)).status == 200
    pump.everything()
    assert len([mail for mail in pump.mails() if "one@example.org" in mail["to"]]) == 2


def test_links_are_mailed_and_guessed_a_few_times(client: Client, pump: Pump, ticket: Any) -> None:
    buyer = guest(client, pump, "lost", "203.0.113.9")
    assert buyer.orders(ticket).status == 200
    asked = [buyer.client.post(AGAIN, {"data": {"email": buyer.email}}).status for _ in range(4)]
    assert asked == [200, 200, 200, 429]
    assert len(buyer.mailed_keys()) == 4
    guesses = {buyer.client.post(OPEN, {"data": {"token": f"guess{n}"}}).status for n in range(31)}
    assert guesses == {404, 429}
    assert buyer.unlocks(buyer.mailed_keys()[0]).status == 429


def test_a_rush_of_one_guest_holds_no_more(
    database: TestDatabase, stand_in: Resources, tmp_path: Path, ticket: Any
) -> None:
    body = basket((ticket, 4), buyer={"name": "Gale", "email": "gale@example.org"})
    with serving(tmp_path) as system:
        found = statuses(system.bombard([Shot("POST", ORDER, body)] * 5, threads=5))
    assert found == {200: 2, 409: 3}
    held = "SELECT count(*) FROM attendees WHERE deleted_at IS NULL AND ticket_id = :id"
    assert database.one(held, id=ticket.id) == 8
