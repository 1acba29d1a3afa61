"""Batched updates, so that row locks are held briefly."""

from collections.abc import Iterator
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
