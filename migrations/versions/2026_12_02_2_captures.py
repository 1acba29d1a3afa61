"""Payments are found by the transaction that an event of their provider is about."""

from chalicelib import ddl

revision = "2026_12_02_2_captures"
down_revision = "2026_12_02_1_paypal"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.create_index("ix_payments_transaction_id", "payments", ["transaction_id"])


def downgrade() -> None:
    ddl.drop_index("ix_payments_transaction_id", "payments")
