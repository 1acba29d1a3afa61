"""Scheduled jobs note when they were completed; notifications form groups while they are unread."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_15_1_scheduled_jobs"
down_revision = "2026_12_14_4_certificates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scheduled_jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("period_seconds", sa.Integer(), nullable=False),
        sa.Column("known_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("runs", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("handled", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scheduled_jobs"),
        sa.UniqueConstraint("name", name="uq_scheduled_jobs_name"),
    )
    op.add_column("notifications", sa.Column("count", sa.Integer(), server_default="1", nullable=False))
    op.add_column("notifications", sa.Column("first_received_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notifications", sa.Column("group_key", sa.Text(), nullable=True))
    op.add_column(
        "notifications",
        sa.Column(
            "earlier_actor_ids", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False
        ),
    )


def downgrade() -> None:
    for name in ("earlier_actor_ids", "group_key", "first_received_at", "count"):
        op.drop_column("notifications", name)
    op.drop_table("scheduled_jobs")
