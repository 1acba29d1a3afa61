"""When what calendars tell of an event was changed last."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_5_calendars"
down_revision = "2026_11_30_1_stripe_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("revised_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("events", "revised_at")
