"""Indexes built while people go on writing.

PostgreSQL leaves an index that does not work behind when such a building is interrupted. It is found
and built anew.
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
    """Make an index as op.create_index does, with the same options, while others write.

    One of this name that works is kept. Raises Refused when the rows are not as unique as they should
    be, or when the name is another table's.
    """
    with apart() as database:
        build(
            database,
            name,
            table,
            lambda: op.create_index(name, table, list(columns), postgresql_concurrently=True, **options),
        )


def drop_index(name: str, table: str) -> None:
    """Remove an index while others read and write; nothing where there is none of this name."""
    with apart() as database:
        if _works(database, name, table) is not None:
            remove(database, name)


def build(database: Database, name: str, table: str, make: Callable[[], None]) -> None:
    """Call `make`, which creates the index concurrently, unless it is there and works."""
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
        remove(database, name)  # it would cost every writer something and help nobody
        raise Refused(f"{name} is not made: rows of {table} are alike that should be unique") from problem


def remove(database: Database, name: str) -> None:
    """Remove an index while others read and write."""
    database.run(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(name)}")


def _works(database: Database, name: str, table: str) -> bool | None:
    """Whether the table's index of this name works; None where there is none."""
    found = database.rows(_STATE, name=quoted(name), table=quoted(table))
    if not found:
        return None
    works, ours = found[0]
    if not ours:
        raise Refused(f"{name} is an index of another table than {table}")
    return bool(works)
