"""Orders without an account: who has bought, the links that open them, and which events sell so."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_1_guests"
down_revision = "2026_11_30_5_invoices"
branch_labels = None
depends_on = None

_COLUMNS = ("guest_name", "guest_email", "guest_source")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("orders", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("guest_verified_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("link_version", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "events",
        sa.Column("is_guest_checkout_enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.create_table(
        "order_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_order_links_order_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_order_links"),
        sa.UniqueConstraint("hash", name="uq_order_links_hash"),
    )
    op.create_index("ix_order_links_expires_at", "order_links", ["expires_at"], unique=False)
    op.create_index("ix_order_links_order_id", "order_links", ["order_id"], unique=False)


def downgrade() -> None:
    op.drop_table("order_links")
    op.drop_column("events", "is_guest_checkout_enabled")
    op.drop_column("orders", "link_version")
    op.drop_column("orders", "guest_verified_at")
    for name in reversed(_COLUMNS):
        op.drop_column("orders", name)
