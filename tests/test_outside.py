"""The check of all tests that no transaction holds row locks while a third party is asked."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from chalicelib import db
from chalicelib.http_client import Deadline, send
from devstack.stand_in_server import StandInServer, Told
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.outside import Watch


@pytest.fixture
def service() -> Iterator[StandInServer]:
    server = StandInServer(lambda _asked: Told(200, b""))
    yield server
    server.close()


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT id FROM users WHERE id = :id FOR UPDATE", ["users"]),
        ("SELECT id FROM users WHERE id = :id FOR KEY SHARE", ["users"]),
        ("UPDATE users SET details = NULL WHERE id = :id", ["users"]),
        ("SELECT id FROM users WHERE id = :id", None),
        ("UPDATE outbox SET done_at = NULL WHERE id = :id", None),
    ],
)
def test_a_request_beside_locked_rows_is_noticed(
    database: TestDatabase, service: StandInServer, watch: Watch, statement: str, tables: list[str] | None
) -> None:
    user = stored(make_user)
    assert database.one("SELECT count(*) FROM users") >= 1
    with db.transaction() as session:
        session.execute(text(statement), {"id": user.id})
        send("GET", service.address, Deadline())
    found = [*watch.found]
    watch.found.clear()
    send("GET", service.address, Deadline())
    assert watch.found == []
    assert bool(found) == bool(tables)
    assert all(set(tables or ()) <= set(noted) for noted in found)
