"""What a session may leave behind, tried through PgBouncer, and what our connections do about it."""

from typing import Any

import pg8000.dbapi
import pytest

from chalicelib.db_errors import is_crowded, is_disconnect, sqlstate
from devstack import pooler as poolers
from devstack.database import connected
from devstack.pooler import Pooler
from devstack.processes import NotStarted
from tests.pooler.conftest import Connect
from tests.support.databases import REQUESTS_ROLE, TestDatabase
from tests.support.servers import DatabaseServer

# What one client does, what the next one asks, and what it would be told in a session of its own.
LEFT_BEHIND = {
    "SET": ("SET lock_timeout = '7s'", "SHOW lock_timeout", "0"),
    "set_config": ("SELECT set_config('lock_timeout', '7s', false)", "SHOW lock_timeout", "0"),
    "SET ROLE": (f"SET ROLE {REQUESTS_ROLE}", "SELECT current_user = session_user", True),
    "an advisory lock": (
        "SELECT pg_advisory_lock(4711)",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        0,
    ),
    "LISTEN": ("LISTEN news", "SELECT count(*) FROM pg_listening_channels()", 0),
    "a temporary table": (
        "CREATE TEMP TABLE mine (id int)",
        "SELECT to_regclass('pg_temp.mine') IS NULL",
        True,
    ),
    "a cursor": (
        "BEGIN; DECLARE reader CURSOR WITH HOLD FOR SELECT 1; COMMIT",
        "SELECT count(*) FROM pg_cursors WHERE name = 'reader'",
        0,
    ),
    "PREPARE": ("PREPARE mine AS SELECT 1", "SELECT count(*) FROM pg_prepared_statements", 0),
}
# The same until the end of the transaction.
ENDED = {
    "SET LOCAL": ("BEGIN; SET LOCAL lock_timeout = '7s'; COMMIT", "SHOW lock_timeout", "0"),
    "set_config, local": (
        "BEGIN; SELECT set_config('lock_timeout', '7s', true); COMMIT",
        "SHOW lock_timeout",
        "0",
    ),
    "an advisory lock of a transaction": (
        "SELECT pg_advisory_xact_lock(4711)",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        0,
    ),
    "a cursor": (
        "BEGIN; DECLARE reader CURSOR FOR SELECT 1; COMMIT",
        "SELECT count(*) FROM pg_cursors WHERE name = 'reader'",
        0,
    ),
}


@pytest.fixture
def alone(database_server: DatabaseServer) -> Any:
    """A pooler whose connections are left in disorder, and so of this test only."""
    with poolers.running(database_server.url, connections=1, seconds=1) as found:
        yield found


@pytest.mark.parametrize("habit", LEFT_BEHIND)
def test_state_of_a_session_is_left_to_the_next_client(habit: str, connect: Connect, alone: Pooler) -> None:
    does, asks, expected = LEFT_BEHIND[habit]
    first, second = connect(alone), connect(alone)
    assert second.execute_simple(asks).rows == [[expected]]
    first.execute_simple(does)
    assert second.execute_simple(asks).rows != [[expected]]


@pytest.mark.parametrize("habit", ENDED)
def test_state_of_a_transaction_ends_with_it(habit: str, connect: Connect) -> None:
    does, asks, expected = ENDED[habit]
    first, second = connect(), connect()
    first.execute_simple(does)
    assert second.execute_simple(asks).rows == [[expected]]


def test_statements_have_names_only_in_a_session_of_ones_own(
    connect: Connect, database: TestDatabase, pooler: Pooler
) -> None:
    clients = [connect() for _ in range(3)]
    for _ in range(3):
        for number, client in enumerate(clients):
            sql = f"SELECT $1::int + {number}, 'for client {number}'"
            assert client.run(sql, [1]).rows == [[1 + number, f"for client {number}"]]
    assert all(client.is_pooled for client in clients)
    assert clients[0].execute_simple("SELECT count(*) FROM pg_prepared_statements").rows == [[0]]


def test_with_names_a_client_would_meet_those_of_another(connect: Connect, alone: Pooler) -> None:
    """Debian's PgBouncer 1.18 hands names on as they are."""
    first, second = connect(alone), connect(alone)
    for client in (first, second):
        client._is_pooled, client._names_statements = False, True
    assert first.run("SELECT $1::int + 1", [1]).rows == [[2]]
    with pytest.raises(pg8000.dbapi.DatabaseError, match="already exists") as told:
        second.run("SELECT $1::int + 2", [1])
    assert sqlstate(told.value) == "42P05"


def test_a_name_that_was_kept_would_be_anothers_statement(connect: Connect, alone: Pooler) -> None:
    first, second = connect(alone), connect(alone)
    first._is_pooled, first._names_statements = False, True
    first.run("SELECT $1::int + 1", [1])
    second.execute_simple("DEALLOCATE ALL")
    second._is_pooled, second._names_statements = False, True
    second.run("SELECT $1::int + 2", [1])
    assert first.run("SELECT $1::int + 1", [1]).rows == [[3]], "the answer to another question"


def test_each_client_has_the_parameters_that_it_began_with(connect: Connect) -> None:
    here, there = connect(application_name="here"), connect(TimeZone="Asia/Tokyo", application_name="there")
    for _ in range(2):
        for client, zone, name in ((here, "UTC", "here"), (there, "Asia/Tokyo", "there")):
            asked = "SELECT current_setting('TimeZone'), current_setting('application_name'), $1::int"
            assert client.run(asked, [1]).rows == [[zone, name, 1]]


def test_options_and_limits_cannot_be_given_at_the_start(connect: Connect) -> None:
    for parameters in ({"options": "-c statement_timeout=1000"}, {"statement_timeout": "1000"}):
        with pytest.raises(pg8000.dbapi.DatabaseError, match="unsupported startup parameter"):
            connect(**parameters)


def test_the_limits_of_a_role_hold(connect: Connect, database: TestDatabase) -> None:
    name = database.url.rpartition("/")[2]
    database.run(f"ALTER ROLE {REQUESTS_ROLE} IN DATABASE \"{name}\" SET statement_timeout = '100ms'")
    client = connect(url=database.requests_url)
    assert client.run("SELECT current_setting('statement_timeout')", []).rows == [["100ms"]]
    with pytest.raises(pg8000.dbapi.DatabaseError, match="statement timeout") as told:
        client.run("SELECT pg_sleep($1::float8)", [30])
    assert sqlstate(told.value) == "57014"
    assert client.run("SELECT $1::int", [1]).rows == [[1]]


def test_what_is_sent_at_once_is_answered_in_order(connect: Connect, database: TestDatabase) -> None:
    first, second = connect(), connect()
    database.run("CREATE TABLE notes (id int PRIMARY KEY)")
    for number, client in enumerate((first, second, first, second)):
        client.enqueue("INSERT INTO notes VALUES ($1)", [2 * number], begin=True)
        client.enqueue("INSERT INTO notes VALUES ($1)", [2 * number + 1], begin=True)
        client.commit()  # begin, two statements and commit in one write
    assert database.one("SELECT count(*) FROM notes") == 8
    first.enqueue("SELECT $1::int", [1])
    assert first.run("SELECT $1::int + 1", [1]).rows == [[2]]


def test_an_error_among_what_is_sent_at_once_leaves_nothing(connect: Connect, database: TestDatabase) -> None:
    first, second = connect(), connect()
    database.run("CREATE TABLE notes (id int PRIMARY KEY)")
    for client in (first, second, first):
        client.enqueue("INSERT INTO notes VALUES ($1)", [1], begin=True)
        client.enqueue("INSERT INTO notes VALUES ($1)", [1], begin=True)
        with pytest.raises(pg8000.dbapi.DatabaseError, match="duplicate key"):
            client.commit()
        client.rollback()
        assert client.run("SELECT $1::int", [5]).rows == [[5]]
    assert database.one("SELECT count(*) FROM notes") == 0


def test_a_client_that_waits_too_long_is_told_that_it_is_crowded(connect: Connect) -> None:
    first, second = connect(), connect()
    first.run("SELECT $1::int", [1], begin=True)  # an open transaction has the only connection
    with pytest.raises(pg8000.dbapi.DatabaseError, match="query_wait_timeout") as told:
        second.run("SELECT $1::int", [1])
    assert is_crowded(told.value)
    assert is_disconnect(told.value)
    first.rollback()
    assert connect().run("SELECT $1::int", [1]).rows == [[1]]


def test_a_mistake_of_ours_is_no_crowd(connect: Connect) -> None:
    """PostgreSQL has the same code for it as PgBouncer has for all that it says itself."""
    client = connect()
    with pytest.raises(pg8000.dbapi.DatabaseError) as told:
        client.run("SELECT $1::int", [1, 2])
    assert sqlstate(told.value) == "08P01"
    assert not is_crowded(told.value)
    assert not is_disconnect(told.value)


def test_too_many_clients_are_refused_as_a_crowd(database_server: DatabaseServer, connect: Connect) -> None:
    with poolers.running(database_server.url, connections=1, clients=5) as small:
        first = connect(small)
        with pytest.raises(pg8000.dbapi.DatabaseError, match="no more connections allowed") as told:
            [connect(small) for _ in range(5)]
        assert is_crowded(told.value)
        assert first.run("SELECT $1::int", [1]).rows == [[1]]


def test_a_maintenance_connection_does_not_go_by_way_of_a_pooler(
    pooler: Pooler, database: TestDatabase
) -> None:
    with (
        pytest.raises(NotStarted, match=r"leads to a connection pooler, not to PostgreSQL itself"),
        connected(pooler.url(database.url)),
    ):
        pytest.fail("it was connected")
    with connected(database.url) as direct:
        assert direct.run("SELECT 1") == [[1]]
