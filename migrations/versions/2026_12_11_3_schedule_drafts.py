"""Drafts of a schedule, made by hand or proposed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_11_3_schedule_drafts"
down_revision = "2026_12_11_2_schedule_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule_drafts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("placements", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("quality", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("basis", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("wanted", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_schedule_drafts_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_drafts")),
    )
    op.create_index(op.f("ix_schedule_drafts_event_id"), "schedule_drafts", ["event_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_schedule_drafts_event_id"), table_name="schedule_drafts")
    op.drop_table("schedule_drafts")
