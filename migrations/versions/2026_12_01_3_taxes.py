"""The tax id of a buyer, and whether an event's tax is reversed for businesses of other EU countries."""

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


def downgrade() -> None:
    op.drop_column("taxes", "is_reverse_charge_enabled")
    op.drop_column("orders", "tax_id")
