"""Invoices to organizers: the month that is billed, what it was worked out from, and attempts to be paid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_02_4_billing"
down_revision = "2026_12_02_3_test_mode"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event_invoices", sa.Column("period", sa.Date(), nullable=True))
    details = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("event_invoices", sa.Column("details", details, nullable=True))
    op.add_column("event_invoices", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    for column in ("attempts", "details", "period"):
        op.drop_column("event_invoices", column)
