"""Reviews that came with an archive."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_26_2_imported_reviews"
down_revision = "2026_12_26_1_speakers_of_calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "reviews", sa.Column("is_imported", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("reviews", "is_imported")
