"""Personal feeds: secret addresses of an account's favorite sessions, of which hashes are stored."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_05_1_schedule_feeds"
down_revision = "2026_12_03_4_promised_dates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule_feeds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_schedule_feeds_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_schedule_feeds_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_feeds"),
        sa.UniqueConstraint("hash", name="uq_schedule_feeds_hash"),
    )
    op.create_index("ix_schedule_feeds_event_id", "schedule_feeds", ["event_id"])
    op.create_index(
        "uq_schedule_feeds_scope",
        "schedule_feeds",
        ["user_id", sa.text("coalesce(event_id, 0::bigint)")],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("schedule_feeds")
