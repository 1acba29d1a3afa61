"""Migrations whose connection to PostgreSQL ends before one of their statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from chalicelib import db
from tests.support.databases import TestDatabase


@contextmanager
def killed_before(database: TestDatabase, which: int | str) -> Iterator[None]:
    """PostgreSQL ends our connection before a statement of the block: by its number, or the first with a word."""
    number = 0

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal number
        number += 1
        if number == which or (isinstance(which, str) and which in statement):
            database.run(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    engine = db.engine()
    event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)
