"""Installations differ: columns and tables that are not there or further ones, other ids of roles, accounts that
differ in letter case, and values that nothing can hold.
"""

import json
from typing import Any

import pytest

from chalicelib.moving_in.report import Report
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.moving_in import former
from tests.moving_in.conftest import Installation
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

_ANOTHER = r"""
ALTER TABLE users DROP CONSTRAINT users__email_key;
INSERT INTO users (id, _email, _password, salt, is_blocked, is_verified, first_name) VALUES
  (901, 'TWIN@example.com', 'aaaa', 'bbbb', FALSE, FALSE, 'Less'),
  (902, 'twin@example.com', 'cccc', 'dddd', FALSE, TRUE, 'More');
INSERT INTO users_events_roles (id, event_id, user_id, role_id) VALUES (901, 2, 901, 1);
UPDATE roles SET name = 'swapping' WHERE name = 'owner';
UPDATE roles SET name = 'owner' WHERE name = 'moderator';
UPDATE roles SET name = 'moderator' WHERE name = 'swapping';
ALTER TABLE events DROP COLUMN is_videoroom_enabled, DROP COLUMN is_sponsors_enabled, ADD COLUMN novelty text;
DROP TABLE badge_field_forms, station_store_paxs, virtual_check_in CASCADE;
CREATE TABLE versions (id integer PRIMARY KEY, event_ver integer);
ALTER TABLE roles_panels ALTER role_id DROP NOT NULL;
INSERT INTO roles_panels (role_id, panel_permission_id) VALUES (NULL, 1);
UPDATE events SET timezone = 'Mars/Olympus_Mons', latitude = 'NaN', longitude = 'Infinity' WHERE id = 12;
UPDATE ticket_holders SET complex_field_values = '{"a": "x\u0000y", "b": "\ud800z", "c": [1, {"d": null}]}',
  birth_date = 'infinity', firstname = repeat('ä', 300), email = 'long' || repeat('x', 300) || '@example.org'
WHERE id = 5;
UPDATE ticket_holders SET birth_date = '0044-03-15 00:00:00+00 BC' WHERE id = 6;
UPDATE orders SET amount = 1e300 WHERE id = 6;
UPDATE sessions SET starts_at = '20000-01-01', slides = '"[{\"name\": \"a\", \"link\": \"https://x.example\"}]"'
WHERE id = 5;
UPDATE users SET details = '<script>alert(1)</script>Ada', avatar_url = 'javascript:alert(1)' WHERE id = 5;
"""


@pytest.fixture
def another(changing: str, installation: Installation, client: Client, database: TestDatabase) -> Report:
    """The report of another installation that has moved into a database where somebody is already."""
    stored(make_event, owner=stored(make_user, email="first@example.org"))
    former.psql(changing, _ANOTHER)
    return installation.move(changing)


def test_another_installation_comes_as_far_as_it_can(
    another: Report, database: TestDatabase, client: Client
) -> None:
    assert [line["table"] for line in another.summary() if line["adds up"] != "yes"] == []
    lines = [json.loads(line) for line in another.path.read_text().splitlines()]
    admin = _those_who_were_here_stay(database)
    _accounts_are_one(database)
    _roles_go_by_name(database)
    _values_are_what_can_be_stored(database, lines)
    for path in ("/v1/users/5", "/v1/events/12", "/v1/attendees/5", "/v1/attendees/6", "/v1/sessions/5"):
        assert client.signed_in_as(admin).get(path).status == 200, path
    left = {line["table"] for line in lines if line["kind"] == "left"}
    assert "versions" in left


def _those_who_were_here_stay(database: TestDatabase) -> int:
    """Old rows whose ids are taken get others, and what refers to them follows."""
    assert database.one("SELECT email FROM users WHERE id = 1") == "first@example.org"
    new = "SELECT new_id FROM moved_rows WHERE source = :source AND old_id = 1"
    admin, event = database.one(new, source="users"), database.one(new, source="events")
    assert (admin > 902, event > 15) == (True, True)
    assert database.one("SELECT email FROM users WHERE id = :id", id=admin).startswith("open_event_test_user")
    assert database.one("SELECT name FROM events WHERE id = :id", id=event) == "FOSSASIA Summit 2020"
    assert database.one("SELECT event_id FROM attendees WHERE id = 5") == event
    assert database.one("SELECT count(*) FROM orders WHERE event_id = 1") == 0
    return int(admin)


def _accounts_are_one(database: TestDatabase) -> None:
    (account,) = database.rows("SELECT id, first_name FROM users WHERE lower(email) = 'twin@example.com'")
    assert account == {"id": 902, "first_name": "More"}
    assert database.one("SELECT user_id FROM users_events_roles WHERE id = 901") == 902


def _roles_go_by_name(database: TestDatabase) -> None:
    held = """SELECT role.name FROM users_events_roles held JOIN roles role ON role.id = held.role_id
              WHERE held.id = :id"""
    assert {row["name"] for row in database.rows(held, id=901)} == {"organizer"}
    owners = (
        "SELECT count(*) FROM users_events_roles WHERE role_id = (SELECT id FROM roles WHERE name = '{}')"
    )
    assert database.one(owners.format("moderator")) > database.one(owners.format("owner"))


def _values_are_what_can_be_stored(database: TestDatabase, lines: list[dict[str, Any]]) -> None:
    (person,) = database.rows("SELECT * FROM attendees WHERE id = 5")
    assert person["complex_field_values"] == {"a": "xy", "b": "z", "c": [1, {"d": None}]}
    assert (person["birth_date"], len(person["firstname"]), len(person["email"])) == (None, 200, 254)
    (event,) = database.rows("SELECT latitude, longitude, timezone FROM events WHERE id = 12")
    assert event == {"latitude": None, "longitude": None, "timezone": "Mars/Olympus_Mons"}
    (session,) = database.rows("SELECT starts_at, slides FROM sessions WHERE id = 5")
    assert session == {"starts_at": None, "slides": [{"name": "a", "link": "https://x.example"}]}
    (user,) = database.rows("SELECT details, avatar_url FROM users WHERE id = 5")
    assert "script" not in f"{user['details']}{user['avatar_url']}"
    changed = {(line["table"], line["id"], line["column"]) for line in lines if line["kind"] == "changed"}
    assert {
        ("ticket_holders", 5, "birth_date"),
        ("ticket_holders", 6, "birth_date"),
        ("sessions", 5, "starts_at"),
        ("events", 12, "latitude"),
    } <= changed
