"""Events say whether conflicts of their schedule are refused, and how long a change-over is."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_08_1_schedule_conflicts"
down_revision = "2026_12_07_1_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "events", sa.Column("schedule_conflicts", sa.Text(), server_default="allowed", nullable=False)
    )
    op.add_column("events", sa.Column("changeover_minutes", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("events", "changeover_minutes")
    op.drop_column("events", "schedule_conflicts")
