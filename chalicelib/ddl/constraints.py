"""Constraints added online: NOT VALID at first, then validated without blocking writes."""

from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from chalicelib.db_errors import sqlstate
from chalicelib.ddl.apart import Database, Refused, apart, has, quoted
from chalicelib.ddl.indexes import create_index

MOST_TOLD = 20  # ids of rows listed in a refusal

_VALIDATED = """
SELECT convalidated FROM pg_constraint WHERE conrelid = to_regclass(:table) AND conname = :name
"""


def add_check(table: str, name: str, condition: str) -> None:
    """Add CHECK (`condition`), which is SQL, under exactly this `name`.

    Raises Refused with the ids of rows that violate it; then nothing has changed.
    """
    with apart() as database:
        has(database, table)
        validate(database, table, name, f"CHECK ({condition})", breaks=f"NOT ({condition})")


def drop_check(table: str, name: str) -> None:
    """Drop the check with this name, if there is one. Raises Refused."""
    with apart() as database:
        has(database, table)
        database.briefly(f"ALTER TABLE {quoted(table)} DROP CONSTRAINT IF EXISTS {quoted(name)}")


def add_foreign_key(table: str, column: str, target: str, *, ondelete: str) -> None:
    """Add a foreign key from the column to the id of `target`, named by the models' naming convention.

    `ondelete` is e.g. "CASCADE". Raises Refused with the ids of rows that refer to nothing.
    """
    with apart() as database:
        has(database, table, column)
        has(database, target, "id")
        definition = f"FOREIGN KEY ({quoted(column)}) REFERENCES {quoted(target)} (id) ON DELETE {ondelete}"
        breaks = (
            f"{quoted(column)} IS NOT NULL AND NOT EXISTS "
            f"(SELECT FROM {quoted(target)} other WHERE other.id = {quoted(table)}.{quoted(column)})"
        )
        validate(database, table, f"fk_{table}_{column}", definition, breaks=breaks)


def add_unique(table: str, name: str, columns: Sequence[str]) -> None:
    """Add a unique constraint, on an index built concurrently. Raises Refused."""
    with apart() as database:
        has(database, table, *columns)
        if database.rows(_VALIDATED, table=quoted(table), name=name):
            return
    create_index(name, table, columns, unique=True)
    with apart() as database:
        database.briefly(
            f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} UNIQUE USING INDEX {quoted(name)}"
        )


def set_not_null(table: str, column: str) -> None:
    """Set the column NOT NULL. Raises Refused with the ids of rows where it is null."""
    name, whole = f"{column}_is_not_null"[-63:], f"{quoted(column)} IS NOT NULL"
    with apart() as database:
        has(database, table, column)
        if database.one(
            "SELECT attnotnull FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attname = :column",
            table=quoted(table),
            column=column,
        ):
            return
        validate(database, table, name, f"CHECK ({whole})", breaks=f"NOT ({whole})")
        # The validated constraint proves it: PostgreSQL does not scan the table.
        database.briefly(
            f"ALTER TABLE {quoted(table)} ALTER COLUMN {quoted(column)} SET NOT NULL",
            f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(name)}",
        )


def validate(database: Database, table: str, name: str, definition: str, *, breaks: str) -> None:
    """Add a constraint unless it exists, and validate the existing rows. `breaks` is SQL for those that
    violate it.

    Raises Refused with their ids, after dropping the constraint again.
    """
    rows = database.rows(_VALIDATED, table=quoted(table), name=name)
    if not rows:
        database.briefly(f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {definition} NOT VALID")
    elif rows[0][0]:
        return
    try:
        database.run(f"ALTER TABLE {quoted(table)} VALIDATE CONSTRAINT {quoted(name)}")
    except DBAPIError as problem:
        if (sqlstate(problem) or "")[:2] != "23":
            raise
        broken = ids(database, table, breaks)
        database.briefly(f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(name)}")
        raise Refused(f"{name} does not hold for {broken} of {table}, and nothing was changed") from problem


def ids(database: Database, table: str, condition: str) -> str | None:
    """Some rows for which the condition is true, by id, e.g. "rows 3, 8 and more"; None if there are none."""
    rows = database.rows(
        f"SELECT id FROM {quoted(table)} WHERE {condition} ORDER BY id LIMIT {MOST_TOLD + 1}"  # noqa: S608
    )
    if not rows:
        return None
    shown = ", ".join(str(row[0]) for row in rows[:MOST_TOLD])
    return f"rows {shown}" + (" and more" if len(rows) > MOST_TOLD else "")
