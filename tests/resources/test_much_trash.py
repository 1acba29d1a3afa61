"""What lies in the trash costs those nothing who look at what is left."""

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.plans import explained, statements_heard

TRASHED, LIVING = 4000, 5
SOME = """
INSERT INTO attendees (identifier, event_id, ticket_id, deleted_at, is_checked_in, is_checked_out,
  is_registered, is_consent_of_refund_policy)
SELECT 'abc123', :event, :ticket, CASE WHEN n <= :trashed THEN now() END, false, false, false, false
FROM generate_series(1, :all) AS n
"""


@pytest.mark.new_database
def test_a_door_list_does_not_step_over_expired_holds(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    ticket = stored(make_ticket, event=event, quantity=TRASHED + LIVING)
    database.run(SOME, event=event.id, ticket=ticket.id, trashed=TRASHED, all=TRASHED + LIVING)
    database.run("ANALYZE attendees")
    mine = client.signed_in_as(owner)
    with statements_heard() as heard:
        answer = mine.get(f"/v1/events/{event.id}/attendees")
    assert (answer.status, answer.json["meta"]["count"]) == (200, LIVING)
    plans = [plan for both in explained(database.url, heard, "attendees") for plan in both.values()]
    assert plans
    assert all("ix_attendees_of_event" in str(plan) for plan in plans)
    assert not any("'ix_attendees_event_id_id'" in str(plan) for plan in plans)
