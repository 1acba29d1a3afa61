"""Inverted index (GIN) of the trigrams of texts, by which filters with ILIKE find rows.

An attribute of it is declared with `searched=`, the column that its rows are searched within.
"""

from typing import Final

from sqlalchemy import Index, text

WITHIN_EVENT: Final = "event_id"
EVERYWHERE: Final = ""


def search_index(table: str, *columns: str, within: str) -> Index:
    """The index of these columns.

    Each row is written to it at once (fastupdate off): otherwise every so many writes one would wait for all
    before it, and each search reads what is not sorted in yet.
    """
    first = [f"(ARRAY[{within}])"] if within else []
    parts = [*first, *(f"trigrams({column})" for column in columns)]
    return Index(
        f"ix_{table}_search",
        *map(text, parts),
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
