"""References of orders that were added to others, and of payments of exchanged tickets."""

from chalicelib import ddl

revision = "2027_01_01_3_added_orders"
down_revision = "2027_01_01_2_exchanges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.add_foreign_key("orders", "added_to_id", "orders", ondelete="SET NULL")
    ddl.create_index("ix_orders_added_to_id", "orders", ["added_to_id"])
    ddl.add_foreign_key("payments", "source_id", "payments", ondelete="RESTRICT")
    ddl.create_index("ix_payments_source_id", "payments", ["source_id"])


def downgrade() -> None:
    ddl.drop_index("ix_payments_source_id", "payments")
    ddl.drop_check("payments", "fk_payments_source_id")
    ddl.drop_index("ix_orders_added_to_id", "orders")
    ddl.drop_check("orders", "fk_orders_added_to_id")
