"""Idempotency keys store the caller's permissions, for the check before a replay."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_3_private"
down_revision = "2026_11_28_2_limits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idempotency_keys", sa.Column("standing", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("idempotency_keys", "standing")
