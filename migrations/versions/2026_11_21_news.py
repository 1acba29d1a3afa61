"""Favourites, further email addresses, notifications and email preferences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_news"
down_revision = "2026_11_21_access"
branch_labels = None
depends_on = None

# Kinds of notifications, and whether they are enabled.
NOTIFICATIONS = [
    ("ticket_purchased", True),
    ("ticket_purchased_attendee", True),
    ("ticket_purchased_organizer", False),
    ("ticket_cancelled", True),
    ("ticket_cancelled_organizer", True),
    ("event_role", True),
    ("new_session", True),
    ("session_state_change", True),
    ("monthly_payment", True),
]


def upgrade() -> None:
    op.create_table(
        "notification_contents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("target_type", sa.Text(), nullable=True),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column("target_action", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notification_contents"),
    )
    op.create_table(
        "notification_settings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification_settings"),
        sa.UniqueConstraint("type", name="uq_notification_settings_type"),
    )
    op.create_table(
        "notification_actors",
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["notification_contents.id"],
            name="fk_notification_actors_content_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_notification_actors_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", "user_id", name="pk_notification_actors"),
    )
    op.create_index("ix_notification_actors_user_id", "notification_actors", ["user_id"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_read", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["notification_contents.id"],
            name="fk_notifications_content_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_notifications_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
    )
    op.create_index("ix_notifications_content_id", "notifications", ["content_id"], unique=False)
    op.create_index("ix_notifications_user_id", "notifications", ["user_id"], unique=False)
    op.create_table(
        "user_emails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email_address", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_emails_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_user_emails"),
    )
    op.create_index("ix_user_emails_user_id", "user_emails", ["user_id"], unique=False)
    op.create_index(
        "uq_user_emails_email_address",
        "user_emails",
        [sa.literal_column("lower(email_address)")],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "email_notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("next_event", sa.Boolean(), nullable=True),
        sa.Column("new_paper", sa.Boolean(), nullable=True),
        sa.Column("session_accept_reject", sa.Boolean(), nullable=True),
        sa.Column("session_schedule", sa.Boolean(), nullable=True),
        sa.Column("after_ticket_purchase", sa.Boolean(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_email_notifications_event_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_email_notifications_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_email_notifications"),
    )
    op.create_index("ix_email_notifications_event_id", "email_notifications", ["event_id"], unique=False)
    op.create_index("ix_email_notifications_user_id", "email_notifications", ["user_id"], unique=False)
    op.create_table(
        "user_favourite_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_user_favourite_events_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_favourite_events_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_user_favourite_events"),
    )
    op.create_index("ix_user_favourite_events_event_id", "user_favourite_events", ["event_id"], unique=False)
    op.create_index("ix_user_favourite_events_user_id", "user_favourite_events", ["user_id"], unique=False)
    op.create_index(
        "uq_user_favourite_events",
        "user_favourite_events",
        ["user_id", "event_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    settings = sa.table("notification_settings", sa.column("type"), sa.column("enabled"))
    op.bulk_insert(settings, [{"type": name, "enabled": enabled} for name, enabled in NOTIFICATIONS])


def downgrade() -> None:
    op.drop_table("user_favourite_events")
    op.drop_table("email_notifications")
    op.drop_table("user_emails")
    op.drop_table("notifications")
    op.drop_table("notification_actors")
    op.drop_table("notification_settings")
    op.drop_table("notification_contents")
