"""One invoice to an organizer for each event and month."""

from chalicelib import ddl

revision = "2026_12_02_5_one_a_month"
down_revision = "2026_12_02_4_billing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.create_index("uq_event_invoices_period", "event_invoices", ["event_id", "period"], unique=True)


def downgrade() -> None:
    ddl.drop_index("uq_event_invoices_period", "event_invoices")
