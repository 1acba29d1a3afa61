"""Stripe authorizations keep the account; codes are exchanged, and never stored."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_1_stripe_accounts"
down_revision = "2026_11_30_1_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stripe_authorizations", sa.Column("account", sa.Text(), nullable=True))
    op.drop_column("stripe_authorizations", "stripe_auth_code")


def downgrade() -> None:
    op.add_column(
        "stripe_authorizations", sa.Column("stripe_auth_code", sa.Text(), server_default="", nullable=False)
    )
    op.alter_column("stripe_authorizations", "stripe_auth_code", server_default=None)
    op.drop_column("stripe_authorizations", "account")
