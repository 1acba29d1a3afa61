"""Indexes that are dropped while a table is filled, and built afterwards, which is faster."""

from collections.abc import Sequence
from typing import Any

from devstack import database

_DEFINITIONS = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = CAST(:name AS regclass) AND NOT EXISTS (
  SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')
)
"""
_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
AND (relkind = 'p' OR relkind = 'r' AND pg_relation_size(oid) > 0)
ORDER BY pg_relation_size(oid) DESC
"""


def dropped(connection: Any, tables: Sequence[str]) -> list[str]:
    """Drop the tables' indexes, except those of constraints; the statements that build them again."""
    statements = []
    for table in [*tables, "attendee_search_keys", "stocks"]:
        for name, definition in connection.run(_DEFINITIONS, name=table):
            connection.run(f"DROP INDEX {name}")
            # Of a partitioned table it names the table ONLY, without its partitions.
            statements.append(definition.replace(" ON ONLY ", " ON ", 1))
    return statements


def by_size(url: str) -> list[str]:
    """All tables that have rows, the largest first."""
    with database.connected(url) as connection:
        return [name for (name,) in connection.run(_TABLES)]
