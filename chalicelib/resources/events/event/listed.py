"""Indexes by which pages of a million events are found: by their time, by what few are, and by texts."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Index, text

from chalicelib.resources.search_index import EVERYWHERE, deleted_index, search_index

_SEARCHED: Final = ("name", "location_name", "searchable_location_name", "owner_name")


def indexes_of_lists() -> Iterator[Index]:
    """Each index of the table of events that serves lists, besides those of its relationships."""
    # With what everybody's lists are narrowed by at hand, so that they are counted without the table.
    yield Index(
        "ix_events_starts_at_id",
        "starts_at",
        "id",
        postgresql_include=["ends_at", "state", "privacy"],
        postgresql_where=text("deleted_at IS NULL"),
    )
    yield Index("ix_events_ends_at_id", "ends_at", "id")
    yield Index("ix_events_featured", "id", postgresql_where=text("is_featured"))
    yield Index("ix_events_promoted", "id", postgresql_where=text("is_promoted"))
    yield deleted_index("events")
    yield search_index("events", *_SEARCHED, within=EVERYWHERE)
