"""A move that is killed on the way goes on, and ends as one that was not; a later run brings what is new."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.db import Model
from tests.moving_in import former
from tests.moving_in.conftest import Installation, forget_settings
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

# Random, or of the run: only whether there is a value counts.
_RANDOM: Final = {
    ("orders", "reference"), ("payments", "identifier"), ("payments", "id"), ("stocks", "id"),
    ("virtual_check_ins", "id"), ("moved_rows", "new_id"), ("social_links", "identifier"),
    ("notification_contents", "details"), ("taxes", "deleted_at"), ("event_copyrights", "deleted_at"),
    ("discount_codes", "deleted_at"),
    ("moves", "began_at"), ("users", "created_at"), ("role_invites", "hash"), ("users_groups_roles", "token"),
    ("door_marks", "changed_in"),
}  # fmt: skip
_LINES: Final = 110  # of progress, at least, with pages of 40 rows


def test_killed_twice_it_ends_as_if_it_had_not_been(
    installation: Installation, client: Client, database: TestDatabase, module_database: TestDatabase,
    tmp_path: Path,
) -> None:  # fmt: skip
    chance = random.Random(7)  # noqa: S311 - the same in each run
    for _ in range(2):
        assert _run(installation, database, tmp_path, ends_after=chance.randrange(5, _LINES)) != 0
    assert _run(installation, database, tmp_path) == 0
    ended, undisturbed = _contents(database), _contents(module_database)
    for table, rows in undisturbed.items():
        assert ended[table] == rows, table


def test_a_later_run_brings_what_is_new_and_what_has_changed(
    installation: Installation, client: Client, module_database: TestDatabase, changing: str,
    environment: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    environment.setenv("DATABASE_URL", module_database.requests_url)
    forget_settings()
    login = {"email": "Api.Organizer@Example.com", "password": "api organizer pass"}
    assert client.post("/v1/auth/login", login, content_type="application/json").status == 200
    one = module_database.one
    replaced = one("SELECT password_hash FROM users WHERE id = 43")
    former.psql(changing, _MEANWHILE)
    # Random values that are drawn for a row may collide, as some do among a million: each order draws one.
    taken = one("SELECT reference FROM orders WHERE id = 120")
    there = {line["table"]: line for line in installation.report.summary()}["orders"]["there"] + 1
    drawn = iter([taken] * (there + 1) + ["20 new references"])
    reference = Model.metadata.tables["orders"].c.reference
    environment.setattr(reference.default, "arg", lambda _context: next(drawn))
    lines = {line["table"]: line for line in installation.move(changing).summary()}
    assert _counted(lines, "came") == {"users": 1, "orders": 1, "orders_tickets": 1, "ticket_holders": 1}
    assert _counted(lines, "changed") == {"events": 1, "orders": 1, "users": 2}
    assert _counted(lines, "gone") == {"faq": 1}
    assert one("SELECT name FROM events WHERE id = 14") == "Renamed meanwhile"
    assert one("SELECT status FROM orders WHERE id = 120") == "completed"
    assert one("SELECT amount_minor FROM payments WHERE order_id = 120") == 5120
    assert one("SELECT count(*) FROM attendees WHERE order_id = 900") == 1
    assert one("SELECT reference FROM orders WHERE id = 900") == "20 new references"
    seated = "SELECT count(*) FROM attendees WHERE ticket_id = 57 AND deleted_at IS NULL"
    assert one("SELECT taken FROM stocks WHERE ticket_id = 57") == one(seated)
    (changed,) = module_database.rows("SELECT first_name, password_hash FROM users WHERE id = 43")
    assert changed == {"first_name": "Changed", "password_hash": replaced}


_MEANWHILE = """
INSERT INTO users (id, _email, _password, is_blocked) VALUES (900, 'New@Example.com', '', FALSE);
INSERT INTO orders (id, identifier, amount, user_id, event_id, created_at, status, payment_mode, is_billing_enabled)
VALUES (900, 'b6a1cf5e-0000-4000-8000-000000000900', 0, 900, 14, now(), 'completed', 'free', FALSE);
INSERT INTO orders_tickets (order_id, ticket_id, quantity, price) VALUES (900, 57, 1, 0);
INSERT INTO ticket_holders (id, firstname, email, ticket_id, order_id, event_id, identifier)
VALUES (900, 'New', 'New@Example.com', 57, 900, 14, 'abc123');
UPDATE events SET name = 'Renamed meanwhile' WHERE id = 14;
UPDATE orders SET status = 'completed' WHERE id = 120;
UPDATE users SET last_accessed_at = '2026-11-29T00:00:00Z' WHERE id = 44;
UPDATE users SET first_name = 'Changed', salt = 'x' WHERE id = 43;
DELETE FROM faq WHERE id = 1;
"""


def _run(installation: Installation, into: TestDatabase, directory: Path, ends_after: int = 0) -> int:
    """Run the operators' command in a process, and kill it after so many lines of progress; its exit code."""
    command = [sys.executable, "-m", "chalicelib.cli", "move-in", "--from", installation.url, "--page", "40"]
    child = subprocess.Popen(
        [*command, "--report", str(directory / "report.jsonl")],
        env={**os.environ, "DATABASE_URL": into.requests_url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    for number, _line in enumerate(child.stderr, start=1):
        if number == ends_after:
            child.send_signal(signal.SIGKILL)
            break
    child.stderr.read()
    return child.wait()


def _counted(lines: dict[str, Any], name: str) -> dict[str, int]:
    return {table: line[name] for table, line in lines.items() if line[name]}


def _contents(database: TestDatabase) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables."""
    contents = {}
    for table in Model.metadata.sorted_tables:
        rows = database.rows(f'SELECT * FROM "{table.name}"')
        for row in rows:
            row |= {name: row[name] is None for name in row if (table.name, name) in _RANDOM}
        contents[table.name] = sorted(rows, key=repr)
    return contents
