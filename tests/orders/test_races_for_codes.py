"""Two who want the last place of a code at the same moment: one of them gets it, whoever comes first."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pg8000.dbapi
import pytest
from sqlalchemy import make_url

from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.orders.baskets import ORDER, Asking, basket, buyer, hidden, paid
from tests.support.databases import TestDatabase
from tests.support.http_client import Reply
from tests.support.running_system import eventually

__all__ = ["buyer"]

_WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
_COME = """
INSERT INTO attendees (identifier, event_id, ticket_id, discount_code_id, access_code_id, is_checked_in,
  is_checked_out, is_registered, is_consent_of_refund_policy)
VALUES ('abc123', %s, %s, %s, %s, false, false, false, false)
"""
# Where the machine is too slow even to make the other one wait, the answer is to try again.
_TOO_SLOW = 503


@contextmanager
def somebody_else(database: TestDatabase, ticket: Any, **code: int) -> Iterator[Any]:
    """Another connection that has taken a place with the code, and has not committed yet."""
    url = make_url(database.url)
    connection = pg8000.dbapi.connect(
        url.username or "", url.host or "", url.database, url.port or 5432, url.password
    )
    try:
        cursor = connection.cursor()
        codes = (code.get("discount_code_id"), code.get("access_code_id"))
        cursor.execute(_COME, (ticket.event_id, ticket.id, *codes))
        yield connection
    finally:
        connection.close()


def ordered_meanwhile(buyer: Asking, body: Any, connection: Any, end: str) -> Reply:
    """The answer to an order that waits for somebody else, who then commits or rolls back."""
    replies: list[Reply] = []
    ordering = threading.Thread(target=lambda: replies.append(buyer.client.post(ORDER, body)))
    ordering.start()
    eventually(lambda: buyer.database.one(_WAITING) or replies, "the wait for somebody else")
    assert not replies
    getattr(connection, end)()
    ordering.join()
    return replies[0]


@pytest.mark.parametrize(("end", "statuses"), [("commit", {409, _TOO_SLOW}), ("rollback", {200, _TOO_SLOW})])
def test_the_last_discount_is_given_once(
    buyer: Asking, database: TestDatabase, end: str, statuses: set[int]
) -> None:
    event = stored(make_event)
    ticket = paid(event)
    code = stored(make_discount_code, event=event, tickets=(ticket,), tickets_number=1, max_quantity=1)
    body = basket(ticket, discount_code=code.code)
    with somebody_else(database, ticket, discount_code_id=code.id) as connection:
        reply = ordered_meanwhile(buyer, body, connection, end)
    assert reply.status in statuses
    orders = 1 if reply.status == 200 else 0
    assert database.one("SELECT count(*) FROM orders") == orders
    discounted = "SELECT count(*) FROM attendees WHERE discount_code_id IS NOT NULL"
    assert database.one(discounted) == (1 if end == "commit" else orders)
    assert database.one("SELECT taken FROM stocks WHERE discount_code_id IS NOT NULL") == (
        database.one(discounted)
    )
    # Whoever was slower may have it at the full price.
    if end == "commit":
        again = buyer.client.post(ORDER, body)
        assert (again.status, again.data["attributes"]["amount"]) == (200, 100)


def test_the_last_place_behind_an_access_code_is_given_once(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    ticket = hidden(event)
    code = stored(make_access_code, event=event, tickets=(ticket,), tickets_number=1)
    body = basket(ticket, access_code=code.code)
    with somebody_else(database, ticket, access_code_id=code.id) as connection:
        assert ordered_meanwhile(buyer, body, connection, "commit").status in {409, _TOO_SLOW}
    assert database.one("SELECT count(*) FROM attendees") == 1
    assert database.one("SELECT count(*) FROM orders") == 0
    assert buyer.refused(body) == (422, "/access-code")
