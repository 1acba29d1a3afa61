"""A day of each existing client: its recorded requests, replayed in order, and what it needs of the answers."""

import pytest

from tests.compatibility import expectations, world
from tests.compatibility.replay import Replay
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

# What is in the database after the days of each client: (table, condition, number of rows).
DONE = {
    "front_end": [
        ("orders", "status = 'placed' AND payment_mode = 'onsite' AND discount_code_id IS NOT NULL", 1),
        ("attendees", "firstname IN ('Grace', 'Alan') AND order_id IN (SELECT id FROM orders)", 3),
        ("attendees", "is_checked_in", 1),
        ("sessions", "title = 'A better proposal' AND state = 'accepted'", 1),
        ("events", "name = 'Days of free software and science' AND deleted_at IS NULL", 2),  # one is a copy
        ("events", "name = 'From the wizard' AND deleted_at IS NULL", 1),  # deleted, and restored by staff
        ("users", "email = 'vera@example.org' AND NOT is_verified AND was_registered_with_order", 1),
    ],
    "organizer_app": [
        ("attendees", "NOT is_checked_in AND checkin_times IS NOT NULL", 1),
        ("tickets", "name = 'At the door' AND quantity = 25 AND deleted_at IS NOT NULL", 1),
        (
            "sessions",
            "title = 'Analytical engines' AND state = 'accepted' AND microlocation_id IS NOT NULL",
            1,
        ),
        ("role_invites", "email = 'helper@example.org'", 0),
        ("users", "email = 'olga@example.org' AND NOT is_admin", 1),
    ],
    "attendee_app": [
        ("orders", "status = 'completed'", 2),
        ("user_favourite_events", "deleted_at IS NULL", 0),
        ("sessions", "title = 'Proposed again' AND state = 'pending'", 1),
        ("users", "email = 'new@example.org' AND first_name = 'Grace'", 1),
    ],
}


@pytest.mark.parametrize("name", expectations.FILES)
def test_each_call_of_a_client_gets_what_it_needs(
    client: Client, database: TestDatabase, pump: Pump, name: str
) -> None:
    file = expectations.read(name)
    replay = Replay(client, world.build(client), file, pump.everything)
    missed = [f"{day.name}: {item}" for day in file.days for item in replay.missed(day)]
    assert not missed, "\n".join(missed)
    for table, condition, number in DONE[name]:
        assert database.one(f"SELECT count(*) FROM {table} WHERE {condition}") == number, (table, condition)
