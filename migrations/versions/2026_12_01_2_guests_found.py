"""Orders without an account are found by address and by client, and an order has one buyer."""

import sqlalchemy as sa

from chalicelib import ddl

revision = "2026_12_01_2_guests_found"
down_revision = "2026_12_01_1_guests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.create_index(
        "ix_orders_guest_email",
        "orders",
        [sa.text("lower(guest_email)")],
        postgresql_where=sa.text("guest_email IS NOT NULL"),
    )
    ddl.create_index(
        "ix_orders_guest_source",
        "orders",
        ["guest_source"],
        postgresql_where=sa.text("guest_source IS NOT NULL"),
    )
    ddl.create_index(
        "ix_orders_guests_expired",
        "orders",
        ["created_at"],
        postgresql_where=sa.text("guest_email IS NOT NULL AND status = 'expired'"),
    )
    ddl.add_check("orders", "ck_orders_one_buyer", "guest_email IS NULL OR user_id IS NULL")


def downgrade() -> None:
    ddl.drop_check("orders", "ck_orders_one_buyer")
    ddl.drop_index("ix_orders_guests_expired", "orders")
    ddl.drop_index("ix_orders_guest_source", "orders")
    ddl.drop_index("ix_orders_guest_email", "orders")
