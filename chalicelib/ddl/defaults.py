"""Column defaults, for INSERTs that do not name the column. Existing rows are unchanged."""

from collections.abc import Mapping

from chalicelib.ddl.apart import apart, has, quoted


def set_defaults(table: str, defaults: Mapping[str, str]) -> None:
    """Set defaults by column, as SQL, e.g. {"is_checked_in": "false"}. Raises Refused."""
    _alter(table, {column: f"SET DEFAULT {sql}" for column, sql in defaults.items()})


def drop_defaults(table: str, *columns: str) -> None:
    """Drop the defaults of the columns. Raises Refused."""
    _alter(table, dict.fromkeys(columns, "DROP DEFAULT"))


def _alter(table: str, changes: Mapping[str, str]) -> None:
    with apart() as database:
        has(database, table, *changes)
        parts = (f"ALTER COLUMN {quoted(column)} {change}" for column, change in changes.items())
        database.briefly(f"ALTER TABLE {quoted(table)} {', '.join(parts)}")
