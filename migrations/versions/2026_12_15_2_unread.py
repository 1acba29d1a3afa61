"""Unread notifications are counted, grouped and forgotten by indexes of their own."""

from sqlalchemy import text

from chalicelib import ddl

revision = "2026_12_15_2_unread"
down_revision = "2026_12_15_1_scheduled_jobs"
branch_labels = None
depends_on = None

UNREAD = text("NOT is_read")
READ = text("is_read")


def upgrade() -> None:
    ddl.create_index("ix_notifications_unread", "notifications", ["user_id"], postgresql_where=UNREAD)
    ddl.create_index("ix_notifications_read", "notifications", ["created_at"], postgresql_where=READ)
    ddl.create_index(
        "uq_notifications_group",
        "notifications",
        ["user_id", text("coalesce(profile_id, 0::bigint)"), "group_key"],
        unique=True,
        postgresql_where=text("group_key IS NOT NULL AND NOT is_read"),
    )


def downgrade() -> None:
    ddl.drop_index("uq_notifications_group", "notifications")
    ddl.drop_index("ix_notifications_read", "notifications")
    ddl.drop_index("ix_notifications_unread", "notifications")
