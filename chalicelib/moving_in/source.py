"""The former server's database: read in one snapshot, by cursors, and never written.

Rows come as JSON, columns by their names: which columns there are is the database's to say.
"""

import json
import math
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import URL, make_url

Row = dict[str, Any]
_PORT: Final = 5432
_VERIFIED: Final = ("verify-ca", "verify-full")
_ENCRYPTED: Final = (*_VERIFIED, "require")
# A transaction may wait for as long as what it reads is being written. By name: older servers lack some.
PATIENCE: Final = """
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
"""
_TABLES: Final = """
SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""


class NotReadable(Exception):
    """The former database cannot be read; the text says why, in one line."""


@dataclass(frozen=True)
class Source:
    """An open connection, and the columns of every table in the schema `public`."""

    connection: Any
    tables: Mapping[str, frozenset[str]]

    def count(self, query: str) -> int:
        """The number of rows of a table or a SELECT in parentheses."""
        return int(self._run(f"SELECT count(*) FROM {query} counted")[0][0])  # noqa: S608 - our own SQL

    def largest(self, query: str, column: str) -> int:
        """The largest number in this column; 0 for an empty table."""
        return int(self._run(f"SELECT coalesce(max({column}), 0) FROM {query} looked")[0][0])  # noqa: S608

    def columns_of(self, query: str) -> frozenset[str]:
        """The names of the columns of a table or a SELECT in parentheses."""
        found = self.connection.run(f"SELECT * FROM {query} looked LIMIT 0")  # noqa: S608 - our own SQL
        return frozenset(column["name"] for column in found.columns or ())

    def pages(self, query: str, size: int, where: str, order: str) -> Iterator[list[Row]]:
        """All rows, `size` at a time: a cursor reads the table once, and memory stays flat.

        `query` is a table or a SELECT in parentheses, `where` a condition, `order` as after ORDER BY.
        """
        self.connection.execute_simple(
            "DECLARE moving_in NO SCROLL CURSOR FOR SELECT row_to_json(page)::text "  # noqa: S608 - our own SQL
            f"FROM (SELECT * FROM {query} listed WHERE {where} ORDER BY {order}) page"
        )
        try:
            while page := self._run(f"FETCH {size} FROM moving_in"):
                yield [decoded(line[0]) for line in page]
        finally:
            self.connection.execute_simple("CLOSE moving_in")

    def by_key(self, sql: str, keys: Sequence[int]) -> dict[int, Any]:
        """The rows of a statement that takes ids as $1 and gives (key, JSON), by key."""
        found = self._run(sql, [list(keys)]) if keys else []
        return {int(key): decoded(text) for key, text in found}

    def _run(self, sql: str, values: Sequence[object] = ()) -> list[list[Any]]:
        found = self.connection.run(sql, values).rows
        return list(found or ())


def decoded(text: str) -> Any:
    """The value of a JSON text. A number that no float holds (1e400) stays text, and of keys that are there
    twice the last counts, as in PostgreSQL's jsonb.
    """
    return json.loads(text, parse_float=_number, parse_constant=str)


def _number(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


@contextmanager
def connected(address: str) -> Iterator[Source]:
    """The database at this URL, in a transaction that only reads and sees one moment. Raises NotReadable."""
    from pg8000 import Error  # lazy: only this command needs it before the first query

    from chalicelib.driver import Connection  # lazy: it imports pg8000

    try:
        connection = Connection(**_options(make_url(address)))
    except (Error, OSError) as problem:
        raise NotReadable(f"the former database cannot be reached: {problem}") from problem
    try:
        connection.execute_simple("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute_simple("SET LOCAL search_path = public, pg_catalog")
        connection.execute_simple("SET LOCAL extra_float_digits = 1")
        connection.run(PATIENCE)
        tables: dict[str, set[str]] = {}
        for table, column in connection.run(_TABLES).rows or ():
            tables.setdefault(table, set()).add(column)
        if "events" not in tables or "_email" not in tables.get("users", ()):
            raise NotReadable("this is no database of Open Event Server")
        yield Source(connection, {name: frozenset(columns) for name, columns in tables.items()})
    finally:
        connection.close()


def _options(url: URL) -> dict[str, Any]:
    host, mode = url.host, url.query.get("sslmode", "")
    socket = url.query.get("host", "")
    options: dict[str, Any] = {
        "user": url.username or "postgres",
        "password": url.password,
        "database": url.database,
        "startup_params": {"TimeZone": "UTC", "DateStyle": "ISO", "IntervalStyle": "postgres"},
    }
    if isinstance(socket, str) and socket.startswith("/"):
        return {**options, "unix_sock": f"{socket}/.s.PGSQL.{url.port or _PORT}"}
    context: ssl.SSLContext | bool = False
    if mode in _ENCRYPTED:
        context = ssl.create_default_context()
        if mode not in _VERIFIED:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return {**options, "host": host or "localhost", "port": url.port or _PORT, "ssl_context": context}
