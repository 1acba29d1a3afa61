"""Many events sell at once, so each of an event's people lies on another page: an index answers for them."""

import pytest

from devstack.database import connected
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.lists import BUSY, REPORTS
from tests.support.plans import explained, readings, statements_heard

EVENTS, EACH, PAGE = 40, 250, 20
PEOPLE = "/v1/events/{id}/attendees"
LISTS = [
    *(PEOPLE + query for query in ("", "?page[number]=10", "?sort=-id")),
    *(path for path in (*BUSY, *REPORTS) if path.startswith(PEOPLE)),
]
# They come one after the other, each to the next event.
COMING = """
INSERT INTO attendees (identifier, event_id, ticket_id, order_id, firstname, lastname, email, is_checked_in,
  is_checked_out, is_registered, is_consent_of_refund_policy)
SELECT 'abc123', at.id, (SELECT min(id) FROM tickets WHERE event_id = at.id),
  (SELECT min(id) FROM orders WHERE event_id = at.id), md5(n::text), md5(n || 'last'),
  'person.' || n || '@example.org', n % 2 = 0, false, false, false
FROM generate_series(1, :each) AS n, events AS at ORDER BY n, at.id
"""


@pytest.fixture
def _strewn(database: TestDatabase) -> None:
    owner = stored(make_user)
    for _ in range(EVENTS):
        event = stored(make_event, owner=owner)
        stored(make_ticket, event=event, quantity=EACH)
        stored(make_order, event=event)
    with connected(database.url) as connection:
        connection.run("SET synchronous_commit = on")  # VACUUM takes nothing for visible that may be lost
        connection.run(COMING, each=EACH)
        connection.run("VACUUM ANALYZE attendees")


@pytest.mark.usefixtures("_strewn")
@pytest.mark.new_database
def test_people_who_are_passed_over_are_not_fetched(client: Client, database: TestDatabase) -> None:
    event = database.one("SELECT min(event_id) FROM attendees")
    asking = client.signed_in_as(database.one("SELECT min(id) FROM users"))
    fetched = {}
    for path in LISTS:
        with statements_heard() as heard:
            reply = asking.get(path.replace("{id}", str(event)))
        assert reply.status == 200, reply.text
        plans = [plan for both in explained(database.url, heard, "attendees") for plan in both.values()]
        found = [
            reading
            for plan in plans
            for reading in readings(plan, counting=True)
            if reading.source == "attendees"
        ]
        # A search is led to those whom it finds, and passes over nobody.
        least = 1 if "ilike" in path else EACH
        assert any(item.rows >= least for item in found), f"nobody was passed over for {path}"
        fetched[path] = [str(item) for item in found if item.how != "Index Only Scan" and item.rows > PAGE]
    assert {path: places for path, places in fetched.items() if places} == {}
