"""Autovacuum of attendees after 1 % of inserts, as index-only scans need the visibility map."""

from alembic import op

revision = "2026_11_21_9_visible"
down_revision = "2026_11_21_8_at_hand"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE attendees SET (autovacuum_vacuum_insert_scale_factor = 0.01, "
        "autovacuum_vacuum_scale_factor = 0.05)"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE attendees RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor)"
    )
