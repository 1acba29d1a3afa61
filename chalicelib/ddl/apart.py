"""Statements outside of a migration's transaction: each is committed by itself, and soon.

What needs a table for itself asks for it for a moment only, and tries again: who waits for a table
holds up everybody who comes after.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from alembic import op
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chalicelib.db_errors import sqlstate

_IMPATIENT: Final = "SET LOCAL lock_timeout = 100"  # ms for which a short step waits, and others behind it
_ATTEMPTS: Final = 60
_LONGEST_PAUSE: Final = 2.0  # seconds between two attempts
_IN_USE: Final = {"55P03", "40P01"}  # lock_timeout, deadlock

Result = TypeVar("Result")


class Refused(Exception):
    """The change is not made; the text says in one line why, and what to do."""


class Database:
    """A connection of which each statement is a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, **values: object) -> list[Any]:
        """The rows of a statement with :name parameters; without `values` a colon is a colon."""
        if not values:
            return list(self._connection.exec_driver_sql(sql).all())
        return list(self._connection.execute(text(sql), values).all())

    def one(self, sql: str, **values: object) -> Any:
        """The single value of a statement that answers one row with one column."""
        ((value,),) = self.rows(sql, **values)
        return value

    def run(self, sql: str) -> None:
        """Do one statement, however long it takes. It must not be one that others wait for."""
        self._connection.exec_driver_sql(sql)

    def briefly(self, *statements: str) -> None:
        """Do all or none of the statements, as one transaction that waits 100 ms at most for what it locks.

        It is tried for some two minutes. Raises Refused when somebody was always in the way.
        """
        # Sent as one, they are one transaction without a BEGIN that could be left open.
        together = ";\n".join([_IMPATIENT, *statements])
        _patiently(lambda: self.run(together))

    def as_if(self, change: str, sql: str, **values: object) -> list[Any]:
        """The rows of a statement as they would be after a change, which is not made."""

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
    """Try until nobody is in the way. Raises Refused after some two minutes."""
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
    """Leave the migration's transaction, which is committed with what was migrated before, for the block.

    Raises Refused where a migration is only written down as SQL.
    """
    context = op.get_context()
    if context.as_sql:
        raise Refused("this migration looks at the database: it cannot be written down as SQL")
    with context.autocommit_block():
        database = Database(op.get_bind())
        # Alembic asks for the isolation level on its way here, by which the driver begins a transaction.
        database.run("ROLLBACK")
        names = ("lock_timeout", "statement_timeout")
        before = {name: database.one("SELECT current_setting(:name)", name=name) for name in names}
        # What is done here waits without holding anybody up, or says itself how long.
        for name in names:
            database.run(f"SET {name} = 0")
        yield database
        # After an error nothing more is done on this connection.
        for name, value in before.items():
            database.one("SELECT set_config(:name, :value, false)", name=name, value=value)


def quoted(name: str) -> str:
    """A name as SQL has it, whatever it is."""
    return '"' + name.replace('"', '""') + '"'


def has(database: Database, table: str, *columns: str) -> None:
    """Return when the table and its columns are there. Raises Refused."""
    found = database.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 "
        "AND NOT attisdropped",
        table=quoted(table),
    )
    missing = sorted(set(columns) - {row[0] for row in found})
    if not found or missing:
        raise Refused(f"there is no column {table}.{missing[0]}" if found else f"there is no table {table}")
