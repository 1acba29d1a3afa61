"""Image details: sizes and placeholders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_5_images"
down_revision = "2026_11_21_4_profiles"
branch_labels = None
depends_on = None

# Nullable columns, which PostgreSQL adds without a rewrite. Images that are there
# already have no details until they are uploaded again.
_PICTURED = (
    "custom_placeholders",
    "event_copyrights",
    "events",
    "exhibitors",
    "groups",
    "profiles",
    "speakers",
    "sponsors",
    "uploads",
    "users",
)


def upgrade() -> None:
    for table in _PICTURED:
        op.add_column(table, sa.Column("image_details", postgresql.JSONB(), nullable=True))
    op.add_column("uploads", sa.Column("former", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("uploads", "former")
    for table in _PICTURED:
        op.drop_column(table, "image_details")
