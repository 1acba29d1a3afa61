"""Orders keep the currency, the tax and the names of tickets as they were sold."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_28_6_doors"
down_revision = "2026_11_28_5_values"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("currency", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("tax", JSONB(none_as_null=True), nullable=True))
    op.add_column("orders_tickets", sa.Column("name", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("orders_tickets", "name")
    op.drop_column("orders", "tax")
    op.drop_column("orders", "currency")
