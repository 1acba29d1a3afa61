"""Filters with ILIKE find rows by indexes: names, titles and addresses, those of an event by themselves."""

from sqlalchemy import text

from chalicelib import ddl

revision = "2027_01_20_2_search_indexes"
down_revision = "2027_01_20_1_trigrams"
branch_labels = None
depends_on = None

_COLUMNS = {
    "events": ["name", "location_name", "searchable_location_name", "owner_name"],
    "sessions": ["title"],
    "speakers": ["name", "email"],
    "attendees": ["firstname", "lastname", "email"],
}


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        within = [] if table == "events" else [text("(ARRAY[event_id])")]
        ddl.create_index(
            f"ix_{table}_search",
            table,
            [*within, *(text(f"trigrams({column})") for column in columns)],
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 128},
        )


def downgrade() -> None:
    for table in reversed(_COLUMNS):
        ddl.drop_index(f"ix_{table}_search", table)
