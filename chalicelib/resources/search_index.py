"""Indexes of several types. Inverted index (GIN) of the trigrams of texts, by which ILIKE finds rows.

An attribute of it is declared with `searched=`, the column that its rows are searched within.
"""

from typing import Final

from sqlalchemy import Index, text

WITHIN_EVENT: Final = "event_id"
EVERYWHERE: Final = ""


def search_index(table: str, *columns: str, within: str) -> Index:
    """The index of these columns.

    A write appends to a short list, which is sorted in when it has 128 kB: some 150 rows. Each search reads
    that list, and whoever fills it waits some milliseconds, so it is not the default of 4 MB.
    """
    first = [f"(ARRAY[{within}])"] if within else []
    parts = [*first, *(f"trigrams({column})" for column in columns)]
    return Index(
        f"ix_{table}_search",
        *map(text, parts),
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 128},
    )


def deleted_index(table: str) -> Index:
    """The index of the trash, among many more rows that are not in it."""
    return Index(f"ix_{table}_deleted", "deleted_at", "id", postgresql_where=text("deleted_at IS NOT NULL"))
