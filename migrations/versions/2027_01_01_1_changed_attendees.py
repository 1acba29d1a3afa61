"""Who has bought or holds a ticket changes names and answers afterwards, by the event's rules."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_01_1_changed_attendees"
down_revision = "2026_12_31_3_scans_of_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "events",
        sa.Column("is_attendee_change_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("events", sa.Column("attendee_change_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "custom_forms", sa.Column("is_changeable", sa.Boolean(), server_default=sa.true(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("custom_forms", "is_changeable")
    op.drop_column("events", "attendee_change_ends_at")
    op.drop_column("events", "is_attendee_change_enabled")
