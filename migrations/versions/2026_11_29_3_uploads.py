"""Temporary uploads: files that came through the API and are deleted unless they are used."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_3_uploads"
down_revision = "2026_11_29_2_task_results"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "temporary_uploads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("creator_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_temporary_uploads")),
        sa.UniqueConstraint("key", name=op.f("uq_temporary_uploads_key")),
    )


def downgrade() -> None:
    op.drop_table("temporary_uploads")
