"""Indexes for long lists in the order of their pages, replacing some that only filter."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_1_indexes_of_lists"
down_revision = "2026_11_21_onsite"
branch_labels = None
depends_on = None

# (table, foreign key): rows of a parent are listed by id.
_BY_ID = [
    ("attendees", "event_id"),
    ("attendees", "ticket_id"),
    ("events", "event_location_id"),
    ("events", "event_sub_topic_id"),
    ("events", "event_topic_id"),
    ("events", "event_type_id"),
    ("feedbacks", "event_id"),
    ("sessions", "event_id"),
    ("speakers", "event_id"),
    ("user_follow_groups", "group_id"),
]
# The same, newest first.
_BY_AGE = [
    ("notifications", "user_id"),
    ("orders", "access_code_id"),
    ("orders", "discount_code_id"),
    ("orders", "event_id"),
]
# (table, column): all rows are listed in descending order.
_LATEST_FIRST = [
    ("event_invoices", "issued_at"),
    ("notifications", "created_at"),
    ("orders", "created_at"),
    ("video_recordings", "start_time"),
]


def upgrade() -> None:
    for table, column in _BY_ID:
        op.create_index(f"ix_{table}_{column}_id", table, [column, "id"], unique=False)
    for table, column in _BY_AGE:
        columns = [column, sa.text("created_at DESC"), "id"]
        op.create_index(f"ix_{table}_{column}_created_at_id", table, columns, unique=False)
    for table, column in _LATEST_FIRST:
        op.create_index(f"ix_{table}_{column}_id", table, [sa.text(f"{column} DESC"), "id"], unique=False)
    op.create_index("ix_tracks_position_id", "tracks", ["position", "id"], unique=False)
    for table, column in [*_BY_ID, *_BY_AGE]:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
    # Five states for all orders: it was read at length beside the event's own index.
    op.drop_index("ix_orders_status", table_name="orders")


def downgrade() -> None:
    op.create_index("ix_orders_status", "orders", ["status"], unique=False)
    for table, column in [*_BY_ID, *_BY_AGE]:
        op.create_index(f"ix_{table}_{column}", table, [column], unique=False)
    op.drop_index("ix_tracks_position_id", table_name="tracks")
    for table, column in [*_LATEST_FIRST, *_BY_ID]:
        op.drop_index(f"ix_{table}_{column}_id", table_name=table)
    for table, column in _BY_AGE:
        op.drop_index(f"ix_{table}_{column}_created_at_id", table_name=table)
