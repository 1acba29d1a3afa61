"""Lists of events by when they are, of featured ones and of the trash; accounts are searched by address."""

from sqlalchemy import text

from chalicelib import ddl

revision = "2027_01_20_3_lists_of_events"
down_revision = "2027_01_20_2_search_indexes"
branch_labels = None
depends_on = None

_OF_FEW = {
    ("events", "ix_events_featured"): (["id"], "is_featured"),
    ("events", "ix_events_promoted"): (["id"], "is_promoted"),
    ("events", "ix_events_deleted"): (["deleted_at", "id"], "deleted_at IS NOT NULL"),
    ("sessions", "ix_sessions_deleted"): (["deleted_at", "id"], "deleted_at IS NOT NULL"),
}


def upgrade() -> None:
    ddl.create_index(
        "ix_events_starts_at_id",
        "events",
        ["starts_at", "id"],
        postgresql_include=["ends_at", "state", "privacy"],
        postgresql_where=text("deleted_at IS NULL"),
    )
    ddl.create_index("ix_events_ends_at_id", "events", ["ends_at", "id"])
    for (table, name), (columns, where) in _OF_FEW.items():
        ddl.create_index(name, table, columns, postgresql_where=text(where))
    ddl.create_index(
        "ix_users_search",
        "users",
        [text("trigrams(email)")],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 128},
    )


def downgrade() -> None:
    ddl.drop_index("ix_users_search", "users")
    for table, name in reversed(_OF_FEW):
        ddl.drop_index(name, table)
    ddl.drop_index("ix_events_ends_at_id", "events")
    ddl.drop_index("ix_events_starts_at_id", "events")
