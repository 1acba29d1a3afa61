"""Sessions note when they left the programme: calendars tell of a cancellation by that."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_09_1_left_programme"
down_revision = "2026_12_08_1_schedule_conflicts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("left_programme_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "left_programme_at")
