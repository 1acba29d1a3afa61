"""Results of background tasks, for the clients that poll them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_29_2_task_results"
down_revision = "2026_11_29_1_defaults"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_results",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("message_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("file_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('WAITING', 'SUCCESS', 'FAILURE')", name=op.f("ck_task_results_state")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_task_results_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profiles.id"], name="fk_task_results_profile_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_task_results"),
        sa.UniqueConstraint("key", name="uq_task_results_key"),
    )
    op.create_index("ix_task_results_user_id", "task_results", ["user_id"])
    op.create_index("ix_task_results_expires_at", "task_results", ["expires_at"])
    op.create_index(
        "ix_task_results_profile_id",
        "task_results",
        ["profile_id"],
        postgresql_where=sa.text("profile_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("task_results")
