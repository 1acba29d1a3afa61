"""Statements outside a migration's transaction: each committed by itself, with short lock timeouts.

What needs an exclusive lock takes it briefly and retries: a waiting ALTER TABLE blocks everybody queued
behind it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from alembic import op
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chalicelib.db_errors import sqlstate

_IMPATIENT: Final = (
    "SET LOCAL lock_timeout = 100"  # ms that a short step, and everybody queued behind it, waits
)
_ATTEMPTS: Final = 60
_LONGEST_PAUSE: Final = 2.0  # seconds between two attempts
_IN_USE: Final = {"55P03", "40P01"}  # lock_timeout, deadlock

Result = TypeVar("Result")


class Refused(Exception):
    """The change was not made; the text says in one line why, and what to do."""


class Database:
    """A connection in autocommit mode."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, **values: object) -> list[Any]:
        """The rows of a statement with :name parameters; without `values`, colons are literal."""
        if not values:
            return list(self._connection.exec_driver_sql(sql).all())
        return list(self._connection.execute(text(sql), values).all())

    def one(self, sql: str, **values: object) -> Any:
        """The single value of a statement that returns one row with one column."""
        ((value,),) = self.rows(sql, **values)
        return value

    def run(self, sql: str) -> None:
        """Execute one statement, however long it takes. It must not block others."""
        self._connection.exec_driver_sql(sql)

    def briefly(self, *statements: str) -> None:
        """Execute the statements as one transaction, with a lock timeout of 100 ms, all or none.

        Retried for some two minutes; then raises Refused.
        """
        # Sent as one message they are one implicit transaction, which cannot be left open.
        together = ";\n".join([_IMPATIENT, *statements])
        _patiently(lambda: self.run(together))

    def as_if(self, change: str, sql: str, **values: object) -> list[Any]:
        """The rows of a query after a change that is then rolled back."""

        def look() -> list[Any]:
            self.run("BEGIN")
            try:
                self.run(_IMPATIENT)
                self.run(change)
                return self.rows(sql, **values)
            finally:
                self.run("ROLLBACK")

        return _patiently(look)


def _patiently(do: Callable[[], Result]) -> Result:
    """Retry on lock timeouts. Raises Refused after some two minutes."""
    for attempt in range(_ATTEMPTS):
        try:
            return do()
        except DBAPIError as problem:
            if sqlstate(problem) not in _IN_USE:
                raise
        time.sleep(min(_LONGEST_PAUSE, 0.05 * 2**attempt))
    raise Refused(
        f"somebody was in the way each of {_ATTEMPTS} times: look for long transactions, and run the "
        "migration again, which goes on from here"
    )


@contextmanager
def apart() -> Iterator[Database]:
    """Commit the migration's transaction and run the block in autocommit mode.

    Raises Refused in Alembic's offline mode (--sql).
    """
    context = op.get_context()
    if context.as_sql:
        raise Refused("this migration looks at the database: it cannot be written down as SQL")
    with context.autocommit_block():
        database = Database(op.get_bind())
        # Alembic queries the isolation level on the way, which begins a transaction.
        database.run("ROLLBACK")
        names = ("lock_timeout", "statement_timeout")
        before = {name: database.one("SELECT current_setting(:name)", name=name) for name in names}
        # Steps wait without blocking others, or set their own timeout.
        for name in names:
            database.run(f"SET {name} = 0")
        yield database
        # After an error the connection is not used any more.
        for name, value in before.items():
            database.one("SELECT set_config(:name, :value, false)", name=name, value=value)


def quoted(name: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def has(database: Database, table: str, *columns: str) -> None:
    """Check that the table and its columns exist. Raises Refused."""
    rows = database.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 "
        "AND NOT attisdropped",
        table=quoted(table),
    )
    missing = sorted(set(columns) - {row[0] for row in rows})
    if not rows or missing:
        raise Refused(f"there is no column {table}.{missing[0]}" if rows else f"there is no table {table}")
