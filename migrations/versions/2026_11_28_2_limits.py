"""Rate limit counters, which replace the log of password reset requests."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_2_limits"
down_revision = "2026_11_28_1_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # UNLOGGED: a hit waits for no disk, and after a crash counting starts over.
    op.create_table(
        "rate_limits",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("free_at", sa.Double(), nullable=False),
        sa.Column("period", sa.Double(), nullable=False),
        sa.Column("wait", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rate_limits"),
        sa.UniqueConstraint("key", name="uq_rate_limits_key"),
        prefixes=["UNLOGGED"],
    )
    # A low fillfactor for HOT updates.
    op.execute("ALTER TABLE rate_limits SET (fillfactor = 50)")


def downgrade() -> None:
    op.drop_table("rate_limits")
