"""What a code took off each ticket is kept as it was sold; old orders get it when their code changes."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_06_1_discounts_as_sold"
down_revision = "2027_01_04_3_scans_erased"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders_tickets", sa.Column("discount", sa.Numeric(), nullable=True))


def downgrade() -> None:
    op.drop_column("orders_tickets", "discount")
