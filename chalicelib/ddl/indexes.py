"""Indexes created concurrently.

An interrupted CREATE INDEX CONCURRENTLY leaves an invalid index behind; it is detected and rebuilt.
"""

from collections.abc import Callable, Sequence
from typing import Any

from alembic import op
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import TextClause

from chalicelib.db_errors import sqlstate
from chalicelib.ddl.apart import Database, Refused, apart, quoted

_STATE = """
SELECT index.indisvalid, index.indrelid = to_regclass(:table) FROM pg_index index
WHERE index.indexrelid = to_regclass(:name)
"""


def create_index(name: str, table: str, columns: Sequence[str | TextClause], **options: Any) -> None:
    """Create an index concurrently, with the options of op.create_index.

    A valid one with this name is kept. Raises Refused when rows violate uniqueness, or when the name belongs
    to another table.
    """
    with apart() as database:
        build(
            database,
            name,
            table,
            lambda: op.create_index(name, table, list(columns), postgresql_concurrently=True, **options),
        )


def drop_index(name: str, table: str) -> None:
    """Drop an index concurrently, if it exists."""
    with apart() as database:
        if _works(database, name, table) is not None:
            remove(database, name)


def build(database: Database, name: str, table: str, make: Callable[[], None]) -> None:
    """Call `make`, which creates the index concurrently, unless a valid one exists."""
    works = _works(database, name, table)
    if works:
        return
    if works is not None:
        remove(database, name)
    try:
        make()
    except DBAPIError as problem:
        if sqlstate(problem) != "23505":
            raise
        remove(database, name)  # an invalid index slows writes and is never used
        raise Refused(f"{name} is not made: rows of {table} are alike that should be unique") from problem


def remove(database: Database, name: str) -> None:
    """Drop an index concurrently, if it exists."""
    database.run(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(name)}")


def _works(database: Database, name: str, table: str) -> bool | None:
    """Whether the table's index with this name is valid; None if there is none."""
    rows = database.rows(_STATE, name=quoted(name), table=quoted(table))
    if not rows:
        return None
    works, ours = rows[0]
    if not ours:
        raise Refused(f"{name} is an index of another table than {table}")
    return bool(works)
