"""The driver on real PostgreSQL: one round trip a statement, kept plans, and errors that leave nothing behind."""

import inspect
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pg8000.dbapi
import pytest
from pg8000.converters import make_param, string_in, timestamptz_in
from pg8000.core import EXECUTE_MSG, SYNC_MSG, Context
from sqlalchemy import text

from benchmarks.round_trips import counted
from chalicelib import db, driver, driver_answers
from chalicelib.db_errors import is_disconnect
from chalicelib.driver import Connection
from chalicelib.driver_messages import as_text
from tests.support.databases import TestDatabase


def connect(database: TestDatabase, *, prepare: bool = True) -> Connection:
    at = urlsplit(database.url)
    return Connection(
        user=at.username,
        host=at.hostname,
        port=at.port,
        database=at.path[1:],
        ssl_context=False,
        prepare=prepare,
    )


@pytest.fixture(params=[True, False], ids=["plans kept", "plans not kept"])
def connection(request: pytest.FixtureRequest, database: TestDatabase) -> Iterator[Connection]:
    made = connect(database, prepare=request.param)
    yield made
    with suppress(pg8000.dbapi.Error, OSError):  # a test may have ended it
        made.close()


@pytest.fixture
def keeping(database: TestDatabase) -> Iterator[Connection]:
    made = connect(database)
    yield made
    made.close()


def stage(connection: Connection) -> bytes:
    """What the server says: I idle, T in a transaction, E in a failed one."""
    status: bytes = connection._transaction_status
    return status


def waits(connection: Connection) -> bool:
    return connection.has_pending


def names(connection: Connection) -> set[str]:
    rows = connection.execute_simple("SELECT statement FROM pg_prepared_statements").rows
    return {row[0] for row in rows}


def test_values_of_every_sort_come_back_as_they_went(connection: Connection) -> None:
    sql = "SELECT $1::bigint, $2::text, $3::boolean, $4::bigint[], $5::jsonb, $6::text"
    for _ in range(2):
        values = [2**40, "Ünïcode 🎟 'quoted'", True, [1, 2], '{"a": [1]}', None]
        assert connection.run(sql, values).rows == [
            [2**40, "Ünïcode 🎟 'quoted'", True, [1, 2], {"a": [1]}, None]
        ]


def test_a_statement_without_rows_and_one_with_many(connection: Connection) -> None:
    for _ in range(2):
        assert connection.run("SELECT n FROM generate_series(1, $1::int) n", [1000]).rows == [
            [n] for n in range(1, 1001)
        ]
        assert connection.run("SELECT 1 WHERE $1::bool", [False]).rows == []


def test_messages_that_arrive_in_pieces_are_put_together(connection: Connection) -> None:
    lengths = [0, 1, 65_520, 65_530, 65_536, 65_537, 131_072, 3_000_000, 7]
    sql = "SELECT repeat('x', n) FROM unnest($1::int[]) WITH ORDINALITY u(n, nth) ORDER BY nth"
    for _ in range(2):
        rows = connection.run(sql, [lengths], large=True).rows
        assert [len(text) for (text,) in rows] == lengths
        assert [type(text) is bytes for (text,) in rows] == [
            length >= driver_answers.LARGE for length in lengths
        ]


def test_notices_come_between_the_rows_without_harm(connection: Connection) -> None:
    connection.execute_simple(
        "CREATE FUNCTION pg_temp.loud(n int) RETURNS int LANGUAGE plpgsql AS "
        "$$BEGIN RAISE NOTICE 'row %', n; RETURN n; END$$"
    )
    assert connection.run("SELECT pg_temp.loud(n) FROM generate_series(1, $1::int) n", [3]).rows == [
        [1],
        [2],
        [3],
    ]
    assert len(connection.notices) == 3


def test_lists_of_ids_are_sent_as_pg8000_sends_them(connection: Connection) -> None:
    for ids in ([], [1], [2**40, -1, 0], [1, None], [True, 1]):
        assert as_text(ids, connection.py_types) == make_param(connection.py_types, ids)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-29 17:00:00+00",
        "2026-11-29 17:00:00.120001+05:30",
        "1880-01-01 00:00:00+00",
        "infinity",
        "-infinity",
        "294276-12-31 23:59:59+00",
        "0044-03-15 10:00:00+00 BC",
    ],
)
def test_moments_are_read_as_pg8000_reads_them(connection: Connection, text: str) -> None:
    ((sent,),) = connection.run("SELECT CAST($1 AS timestamptz)", [text]).rows
    ((told,),) = connection.run("SELECT CAST(CAST($1 AS timestamptz) AS text)", [text]).rows
    assert sent == timestamptz_in(told)
    assert type(sent) is type(timestamptz_in(told))


def test_a_transaction_begins_with_its_first_statement_and_not_before(connection: Connection) -> None:
    connection.run("SELECT $1::int", [1])
    assert stage(connection) == b"I"
    for _ in range(2):
        connection.run("SELECT $1::int", [1], begin=True)
        assert stage(connection) == b"T"
    connection.commit()
    assert stage(connection) == b"I"


def test_what_is_sent_later_is_done_with_the_commit(connection: Connection, database: TestDatabase) -> None:
    connection.execute_simple("CREATE TABLE notes (id int PRIMARY KEY)")
    connection.enqueue("INSERT INTO notes VALUES ($1)", [1], begin=True)
    connection.enqueue("INSERT INTO notes VALUES ($1)", [2], begin=True)
    assert waits(connection)
    connection.commit()
    assert database.rows("SELECT id FROM notes ORDER BY id") == [{"id": 1}, {"id": 2}]
    connection.enqueue("INSERT INTO notes VALUES ($1)", [3], begin=True)
    connection.rollback()
    assert not waits(connection)
    assert database.one("SELECT count(*) FROM notes") == 2


def test_the_error_of_what_was_sent_is_told_by_what_it_goes_with(
    connection: Connection, database: TestDatabase
) -> None:
    connection.execute_simple("CREATE TABLE notes (id int PRIMARY KEY)")
    connection.run("INSERT INTO notes VALUES ($1)", [1], begin=True)
    connection.enqueue("INSERT INTO notes VALUES ($1)", [1], begin=True)
    with pytest.raises(pg8000.dbapi.DatabaseError, match="duplicate key"):
        connection.commit()
    connection.rollback()
    assert database.one("SELECT count(*) FROM notes") == 0
    assert connection.run("SELECT $1::int", [5]).rows == [[5]]


def test_a_wrong_statement_leaves_the_connection_usable(connection: Connection) -> None:
    for sql, values in (("SELEKT $1", [1]), ("SELECT $1::int / 0", [1]), ("SELECT $1::int", ["x"])):
        for _ in range(2):
            with pytest.raises(pg8000.dbapi.DatabaseError):
                connection.run(sql, values)
    assert connection.run("SELECT $1::int", [7]).rows == [[7]]


def test_statements_are_known_by_name_only_where_plans_are_kept(database: TestDatabase) -> None:
    for prepare, expected in ((True, {"SELECT $1::int"}), (False, set[str]())):
        made = connect(database, prepare=prepare)
        for _ in range(3):
            made.run("SELECT $1::int", [1])
        assert names(made) == expected
        made.close()


def test_the_least_used_statements_are_given_up(keeping: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "_MOST_PREPARED", 3)
    for number in (1, 2, 3, 1, 4, 5, 1):
        assert keeping.run(f"SELECT $1::int + {number}", [0]).rows == [[number]]
    keeping.run("SELECT $1::int + 1", [0])
    assert names(keeping) == {"SELECT $1::int + 1", "SELECT $1::int + 4", "SELECT $1::int + 5"}


def test_a_failed_statement_is_not_kept_by_the_server(keeping: Connection) -> None:
    with pytest.raises(pg8000.dbapi.DatabaseError):
        keeping.run("SELECT 1 / $1::int", [0])
    keeping.run("SELECT $1::int", [1])
    assert names(keeping) == {"SELECT $1::int"}
    assert keeping.run("SELECT 1 / $1::int", [1]).rows == [[1]]


def test_a_statement_whose_table_changed_is_planned_anew(keeping: Connection, database: TestDatabase) -> None:
    database.run("CREATE TABLE changing (id int)")
    sql = "SELECT * FROM changing WHERE id < $1"
    for _ in range(2):  # no statement of the first exchange is kept
        keeping.run(sql, [1])
    database.run("ALTER TABLE changing ADD COLUMN more text")
    with pytest.raises(pg8000.dbapi.DatabaseError, match="must not change result type"):
        keeping.run(sql, [1])
    assert keeping.run(sql, [1]).rows == []


def test_sqlalchemy_speaks_through_it(database: TestDatabase) -> None:
    database.run("CREATE TABLE spoken (id int, said jsonb)")
    with db.transaction() as session:
        session.execute(text("INSERT INTO spoken VALUES (:id, :said)"), [{"id": 1, "said": "{}"}] * 3)
        assert session.scalar(text("SELECT count(*) FROM spoken WHERE id = :id"), {"id": 1}) == 3
    assert database.one("SELECT count(*) FROM spoken") == 3


def test_a_connection_that_the_server_has_ended_says_so(
    connection: Connection, database: TestDatabase
) -> None:
    process = connection.run("SELECT pg_backend_pid(), $1::int", [1]).rows[0][0]
    database.run("SELECT pg_terminate_backend(:process)", process=process)
    with pytest.raises((pg8000.dbapi.Error, OSError)) as told:
        connection.run("SELECT $1::int", [1])
    assert is_disconnect(told.value)


# What driver.py and driver_cursor.py use of pg8000's inside, which no release of it promises.
OF_A_CONNECTION = {
    *(
        "_usock",
        "_sock",
        "_client_encoding",
        "_in_transaction",
        "_transaction_status",
        "message_types",
        "py_types",
    ),
    *("execute_simple", "handle_DATA_ROW"),
}
OF_AN_ANSWER = {"statement", "columns", "input_funcs", "rows", "error", "row_count"}


def test_pg8000_has_what_the_driver_uses_of_its_inside(connection: Connection) -> None:
    """Where an upgrade breaks this, mend driver.py before anything else (docs/adr/0008)."""
    assert {name for name in OF_A_CONNECTION if not hasattr(connection, name)} == set()
    assert {name for name in OF_AN_ANSWER if not hasattr(connection.run("SELECT 1", []), name)} == set()
    assert set(b"Z12DCETS") <= {code[0] for code in connection.message_types}
    row = inspect.signature(pg8000.dbapi.Connection.handle_DATA_ROW)
    assert list(row.parameters) == ["self", "data", "context"]
    assert (EXECUTE_MSG[:1], SYNC_MSG[:1]) == (b"E", b"S")
    assert list(inspect.signature(make_param).parameters) == ["py_types", "value"]
    assert string_in("ä") == "ä"
    made = inspect.signature(Context).parameters
    assert list(made) == ["statement", "stream", "columns", "input_funcs"]


def test_round_trips_are_counted_by_the_benchmark(connection: Connection) -> None:
    counter = counted(connection)
    cursor = connection.cursor()
    counts = []
    for _ in range(3):
        before = counter.count
        cursor.execute("SELECT repeat('x', 100000)")  # more than one block
        assert len(cursor.fetchall()[0][0]) == 100_000
        counts.append(counter.count - before)
    assert counts[1:] == [1, 1]
