"""Whether rooms that are too small are conflicts of an event's schedule."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_26_3_capacity"
down_revision = "2026_12_26_2_imported_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "events", sa.Column("checks_capacity", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("events", "checks_capacity")
