"""A database that looks to PostgreSQL's planner like one with a million rows in every table that grows.

Each of these tables gets ROWS copies of a row that a factory made, numbered n, with the id FIRST + n.
They refer to each other by families of FAMILY neighbors, whose first row owns the others' children:
an event has five FAQs, an order five attendees. Where a single owner has a crowd (an event its
attendees), the family is as large as GROUP. Then the tables are analyzed, and the planner is told
that they hold BELIEVED rows: 20,000 in each crowd. What it chooses then is executed on ROWS rows.
"""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

import chalicelib.entrypoints  # noqa: F401 - knows every model
from chalicelib import signals
from chalicelib.db import Model
from chalicelib.resources import REGISTRY
from devstack import database
from tests.factories import maker, stored

ROWS = 5_000
BELIEVED = 1_000_000
GROUP = 100
FAMILY = 5  # more than a tenth of the rows own some, so the planner takes the number for a proportion
FIRST = 1_000  # the factories' own rows come before it
# The id that owns a crowd and a family in every table: one half of the rows lies before, one after them.
OWNER = FIRST + ROWS // 2

# What staff sets up or a developer lists. Everything else grows with use.
SMALL = {
    *("custom_placeholders", "custom_system_roles", "custom_system_roles_panel_permissions"),
    *("event_image_sizes", "event_role_permissions", "event_sub_topics", "event_topics", "event_types"),
    *("message_settings", "notification_settings", "pages", "panel_permissions", "roles", "services"),
    *("settings", "speaker_image_sizes", "ticket_fees", "user_permissions", "video_channels"),
}
# Without the notes of a move, which requests do not read.
TABLES = {
    table.name: table for table in Model.metadata.sorted_tables if table.foreign_keys or "id" in table.columns
}
LARGE = frozenset(TABLES.keys() - SMALL)
# Small ones of which there are fifty, so that no topic is the topic of all events.
_COPIED = {"event_sub_topics", "event_topics", "event_types", "pages", "ticket_fees", "video_channels"}
_FEW = 50
# References to rows that own thousands on average, where the platform is as busy as it may become.
_CROWDS: dict[str, set[str]] = {
    "attendees": {"event_id", "ticket_id"},
    "events": {"event_location_id"},
    "feedbacks": {"event_id"},
    "notifications": {"user_id"},
    "orders": {"access_code_id", "discount_code_id", "event_id"},
    "orders_tickets": {"ticket_id"},
    "sessions": {"event_id"},
    "speakers": {"event_id"},
    "user_follow_groups": {"group_id"},
}
# Values that neither a constraint nor a reference demands, but a question asks for.
_VARIED = {
    ("attendee_search_keys", "keys"): (
        f"search_keys({FIRST} + n / {GROUP} * {GROUP}, md5(n::text), NULL, 'person.' || n || '@example.org')"
    ),
    ("attendees", "is_checked_in"): "n % 2 = 0",
    ("events", "state"): "CASE WHEN n % 4 = 1 THEN 'draft' ELSE 'published' END",
    ("orders", "status"): "(ARRAY['initializing', 'pending', 'completed', 'placed', 'expired'])[1 + n % 5]",
    # Each stock is of one thing: of every fourth ticket, then as many pools, discounts and accesses.
    **{
        ("stocks", name): f"CASE WHEN n % 4 = {kind} THEN {FIRST} + n - {kind} END"
        for kind, name in enumerate(("ticket_id", "pool_id", "discount_code_id", "access_code_id"))
    },
    ("stocks", "session_id"): "NULL::bigint",
    ("tickets", "quantity"): "NULL::int",  # a crowd comes with one ticket
    ("tracks", "position"): "n % 50",
}
# The table itself, or its partitions.
_PARTS = """
    SELECT c.relname FROM pg_class c WHERE c.relkind = 'r'
     AND (c.oid = to_regclass(:table) OR c.relispartition AND c.oid IN (
           SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(:table)))
"""
_NAMES = {"firstname", "lastname", "name", "title"}


def fill(url: str) -> None:
    """Make the rows in the empty database that the product uses, which is at `url`."""
    with signals.muted():
        for resource in REGISTRY:
            if resource.model is not None:
                stored(maker(resource.type))
    with database.connected(url) as connection:
        connection.run("SET session_replication_role = replica")  # looks up no references: they are right
        for table in TABLES.values():
            if table.name in LARGE:
                for (part,) in connection.run(_PARTS, table=table.name):
                    connection.run(f'ALTER TABLE "{part}" SET (autovacuum_enabled = off)')
                connection.run(_copies(table, ROWS))
            elif table.name in _COPIED:
                connection.run(_copies(table, _FEW))
        connection.run(
            "INSERT INTO users_events_roles (user_id, event_id, role_id) "
            f"SELECT {OWNER}, {OWNER}, id FROM roles WHERE name = 'owner' ON CONFLICT DO NOTHING"
        )
        connection.run("ANALYZE")
        names = ", ".join(f"'{name}'::regclass" for name in LARGE)
        connection.run(
            f"UPDATE pg_class SET reltuples = reltuples * {BELIEVED // ROWS} WHERE oid IN ({names}) "
            f"OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent IN ({names}))"
        )


def _copies(table: Table, rows: int) -> str:
    """SQL: copies of the table's first row; in a table without ids, rows out of nothing."""
    values = {column.name: _value(table, column) for column in table.columns}
    first = f', (SELECT * FROM "{table.name}" ORDER BY id LIMIT 1) r' if "id" in values else ""
    columns = ", ".join(f'"{name}"' for name in values)
    return (
        f'INSERT INTO "{table.name}" ({columns}) '
        f"SELECT {', '.join(values.values())} FROM generate_series(0, {rows - 1}) n{first}"
    )


def _value(table: Table, column: Column[Any]) -> str:
    """SQL: the column of the n-th copy of the row `r`."""
    name, target = column.name, _target(column)
    unique = any(name in names for names in _unique(table))
    if name == "id":
        return f"{FIRST} + n"
    if (table.name, name) in _VARIED:
        return _VARIED[table.name, name]
    if target in SMALL:
        ids = f'ARRAY(SELECT id FROM "{target}" ORDER BY id)'
        return f"({ids})[1 + n % cardinality({ids})]"
    if target is not None:
        return _reference(table, name)
    if name in {"_email", "email"}:
        return "'person.' || n || '@example.org'"
    if isinstance(column.type, Text) and (unique or name in _NAMES):
        return "md5(n::text)"
    if isinstance(column.type, BigInteger) and unique:
        return f"{FIRST} + n"  # an id that no foreign key checks
    if isinstance(column.type, Integer) and unique:
        return "n"
    if isinstance(column.type, DateTime):
        return f"r.\"{name}\" + n * interval '1 minute'"
    return f'r."{name}"' if "id" in table.columns else "1"


def _reference(table: Table, name: str) -> str:
    """SQL: the id that the n-th row refers to. What is unique by its references shares only one of them."""
    crowds = _CROWDS.get(table.name, set())
    for names in _unique(table):
        targets = [_target(table.columns[name]) for name in names]
        if name not in names or None in targets:
            continue
        large = [value for value, target in zip(names, targets, strict=True) if target in LARGE]
        shared = crowds.intersection(large) or set(large[1:])
        if name not in shared:
            return f"{FIRST} + n"
    size = GROUP if name in crowds else FAMILY
    return f"{FIRST} + n / {size} * {size}"


def _target(column: Column[Any]) -> str | None:
    return next((key.column.table.name for key in column.foreign_keys), None)


def _unique(table: Table) -> Iterator[list[str]]:
    """The columns of each constraint and index that asks for unique rows, except the id."""
    for constraint in table.constraints:
        if isinstance(constraint, (PrimaryKeyConstraint, UniqueConstraint)):
            names = [column.name for column in constraint.columns]
            if names != ["id"]:
                yield names
    for index in table.indexes:
        if index.unique:
            words = set(re.findall(r"\w+", " ".join(map(str, index.expressions))))
            yield [column.name for column in table.columns if column.name in words]
