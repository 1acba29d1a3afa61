"""Orders that the event's team has made for somebody it invites."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_16_1_invitations"
down_revision = "2026_12_15_3_push"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("is_invitation", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("orders", "is_invitation")
