"""outbox.attempts counts failed attempts, which are fewer than SQS's deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_8_size"
down_revision = "2026_11_28_6_doors_filled"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("outbox", "attempts")
