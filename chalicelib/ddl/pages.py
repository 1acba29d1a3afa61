"""Many rows changed a few at a time, so that nobody waits for long for one of them."""

from collections.abc import Iterator
from typing import Final

from chalicelib.ddl.apart import Database, apart, has, quoted

BATCH: Final = 1_000  # rows


def update_in_batches(table: str, change: str, where: str, *, batch: int = BATCH) -> None:
    """UPDATE the rows for which `where` is true, `batch` at a time in the order of their ids.

    Both are SQL. A row that was changed must not fulfil `where` any more: by that it is known what is left,
    also after an interruption. Rows that somebody else is changing are waited for, one by one.
    """
    with apart() as database:
        has(database, table, "id")
        in_batches(database, table, change, where, batch)


def in_batches(database: Database, table: str, change: str, where: str, batch: int = BATCH) -> None:
    """The same, where the migration's transaction was left already."""
    update = f"UPDATE {quoted(table)} SET {change} WHERE id IN (SELECT id FROM {quoted(table)} WHERE "  # noqa: S608
    for first, last in pages(database, table, batch):
        # Whoever holds several rows and waits for another can make a circle with somebody. It does not wait.
        database.briefly(
            f"{update} id >= {first} AND id <= {last} AND ({where}) ORDER BY id "
            "FOR NO KEY UPDATE SKIP LOCKED)"
        )
    for (row,) in database.rows(f"SELECT id FROM {quoted(table)} WHERE {where} ORDER BY id"):  # noqa: S608
        database.briefly(f"{update} id = {row} AND ({where}) FOR NO KEY UPDATE)")


def pages(database: Database, table: str, size: int) -> Iterator[tuple[int, int]]:
    """The first and the last id of each `size` rows, in their order; rows that come meanwhile too."""
    last = None
    while True:
        after = "" if last is None else f"WHERE id > {last}"
        page = f"SELECT id FROM {quoted(table)} {after} ORDER BY id LIMIT {size}"  # noqa: S608
        ((first, last),) = database.rows(f"SELECT min(id), max(id) FROM ({page}) page")  # noqa: S608
        if last is None:
            return
        yield first, last
