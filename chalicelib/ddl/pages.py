"""Batched updates and inserts, so that row locks are held briefly."""

from collections.abc import Iterator, Mapping
from typing import Final

from chalicelib.ddl.apart import Database, apart, has, quoted

BATCH: Final = 1_000  # rows


def update_in_batches(table: str, change: str, where: str, *, batch: int = BATCH) -> None:
    """UPDATE the rows for which `where` holds, `batch` at a time in the order of their ids.

    Both are SQL. An updated row must not match `where` any more, so that the update can resume after an
    interruption. Locked rows are waited for one by one. Raises Refused.
    """
    with apart() as database:
        has(database, table, "id")
        in_batches(database, table, change, where, batch)


def in_batches(database: Database, table: str, change: str, where: str, batch: int = BATCH) -> None:
    """The same, once the migration's transaction was left."""
    update = f"UPDATE {quoted(table)} SET {change} WHERE id IN (SELECT id FROM {quoted(table)} WHERE "  # noqa: S608
    for first, last in pages(database, table, batch):
        # Waiting for a row while holding others could deadlock, so it skips locked rows.
        database.briefly(
            f"{update} id >= {first} AND id <= {last} AND ({where}) ORDER BY id "
            "FOR NO KEY UPDATE SKIP LOCKED)"
        )
    for (row,) in database.rows(f"SELECT id FROM {quoted(table)} WHERE {where} ORDER BY id"):  # noqa: S608
        database.briefly(f"{update} id = {row} AND ({where}) FOR NO KEY UPDATE)")


def insert_in_batches(
    table: str, columns: Mapping[str, str], source: str, where: str, *, batch: int = BATCH
) -> None:
    """INSERT a row for each row of `source` for which `where` holds, `batch` at a time in the order of their
    ids.

    The columns' values and `where` are SQL. Rows that violate a unique constraint are there already, and stay
    as they are, so that the insert can resume after an interruption. A source's row is locked against changes
    until its batch is committed: what is inserted follows from its newest version. Raises Refused.
    """
    names = ", ".join(quoted(name) for name in columns)
    values = ", ".join(columns.values())
    insert = f"INSERT INTO {quoted(table)} ({names}) SELECT {values} FROM {quoted(source)}"  # noqa: S608
    with apart() as database:
        has(database, table, *columns)
        has(database, source, "id")
        for first, last in pages(database, source, batch):
            database.briefly(
                f"{insert} WHERE id >= {first} AND id <= {last} AND ({where}) ORDER BY id FOR SHARE "
                "ON CONFLICT DO NOTHING"
            )


def pages(database: Database, table: str, size: int) -> Iterator[tuple[int, int]]:
    """(first id, last id) of each `size` rows, in order, including rows added meanwhile."""
    last = None
    while True:
        after = "" if last is None else f"WHERE id > {last}"
        page = f"SELECT id FROM {quoted(table)} {after} ORDER BY id LIMIT {size}"  # noqa: S608
        ((first, last),) = database.rows(f"SELECT min(id), max(id) FROM ({page}) page")  # noqa: S608
        if last is None:
            return
        yield first, last
