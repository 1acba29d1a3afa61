"""The tax id of a buyer, reverse charge of an event's tax, and tickets with a tax rate of their own."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_3_taxes"
down_revision = "2026_12_01_2_guests_found"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("tax_id", sa.Text(), nullable=True))
    op.add_column(
        "taxes",
        sa.Column("is_reverse_charge_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("tickets", sa.Column("tax_rate", sa.Numeric(), nullable=True))
    op.add_column("orders_tickets", sa.Column("tax_rate", sa.Numeric(), nullable=True))


def downgrade() -> None:
    op.drop_column("orders_tickets", "tax_rate")
    op.drop_column("tickets", "tax_rate")
    op.drop_column("taxes", "is_reverse_charge_enabled")
    op.drop_column("orders", "tax_id")
