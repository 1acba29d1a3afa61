"""Events keep by which offsets of their zone their times are understood."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_11_4_zone_offsets"
down_revision = "2026_12_11_3_schedule_drafts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "events",
        sa.Column("zone_offsets", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )


def downgrade() -> None:
    op.drop_column("events", "zone_offsets")
