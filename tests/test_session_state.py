"""Nothing of the product is kept in a session of PostgreSQL: every test watches, and here is what it would see."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from chalicelib import db
from chalicelib.resources.people.user.user import User
from tests.support.databases import TestDatabase
from tests.support.session_state import leaves_state, noted

LEAVING = [
    "SET lock_timeout = '3s'",
    "set session statement_timeout to 0",
    "BEGIN; SET search_path = x; COMMIT",
    "SET ROLE other",
    "RESET ALL",
    "SELECT set_config('lock_timeout', '3s', false)",
    "SELECT set_config('a.b', 'x', true), set_config($1, $2, $3)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_lock_shared($1)",
    "SELECT pg_advisory_unlock_all()",
    "LISTEN news",
    "CREATE TEMP TABLE mine (id int)",
    "SELECT 1 AS one INTO TEMPORARY mine",
    "DECLARE reader CURSOR WITH HOLD FOR SELECT 1",
    "PREPARE mine AS SELECT 1",
    "DEALLOCATE ALL",
    "SELECT currval('orders_id_seq')",
]
LEAVING_NOTHING = [
    "SET LOCAL lock_timeout = '3s'",
    "SET TRANSACTION READ ONLY",
    "BEGIN; SET LOCAL lock_timeout = 100; ALTER TABLE a ADD b int",
    "SELECT set_config('lock_timeout', '3s', true)",
    "SELECT pg_advisory_xact_lock(hashtextextended('a', 0))",
    "SELECT pg_try_advisory_xact_lock($1::bigint)",
    "UPDATE events SET name = 'SET lock_timeout' WHERE id = 1",
    "INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE\n    SET n = 1",
    "NOTIFY news",
    "SELECT nextval('orders_id_seq')",
]


@pytest.mark.parametrize("sql", LEAVING)
def test_state_of_a_session_is_seen(sql: str) -> None:
    assert leaves_state(sql)


@pytest.mark.parametrize("sql", LEAVING_NOTHING)
def test_state_of_a_transaction_is_let_be(sql: str) -> None:
    assert not leaves_state(sql)


def test_functions_of_the_database_leave_nothing_either(database: TestDatabase) -> None:
    """RDS Proxy does not look into them: what they left would go to another client unnoticed."""
    found = database.rows(
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang NOT IN "
        "(SELECT oid FROM pg_language WHERE lanname IN ('c', 'internal'))"
    )
    assert len(found) > 10
    assert {
        row["proname"] for row in found if leaves_state(row["prosrc"].replace("EXECUTE format", ""))
    } == set()


def of_the_product(code: str) -> Callable[[], None]:
    """A function as if it stood in the product."""
    names = {"__name__": "chalicelib.actions.new", "db": db, "text": text, "User": User}
    exec(code, names)  # noqa: S102 - our own
    return names["act"]  # type: ignore[return-value]


@pytest.mark.unwatched
@pytest.mark.parametrize(
    "how",
    [
        "db.fetch(session, \"SELECT set_config('lock_timeout', $1, false)\", ['1s'])",
        "session.execute(text('SET lock_timeout = 0'))",
        "session.execute(text('SELECT pg_advisory_lock(:n)'), {'n': 1})",
    ],
)
def test_whoever_sends_it_is_told(how: str, database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    act = of_the_product(f"def act():\n    with db.transaction() as session:\n        {how}")
    with noted(monkeypatch) as found:
        act()
    assert len(found) == 1
    assert found[0].startswith("chalicelib.actions.new: ")
