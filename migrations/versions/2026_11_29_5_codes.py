"""Codes tell since when they have their text."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_5_codes"
down_revision = "2026_11_29_5_temporary"
branch_labels = None
depends_on = None

_TABLES = ("access_codes", "discount_codes")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("text_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "text_since")
