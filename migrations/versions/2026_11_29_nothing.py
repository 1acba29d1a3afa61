"""Nothing."""

from alembic import op

revision = "2026_11_29_nothing"
down_revision = "2026_12_01_3_taxes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(
        op.f("ix_orders_guests_expired"),
        table_name="orders",
        postgresql_where="((guest_email IS NOT NULL) AND (status = 'expired'::text))",
    )


def downgrade() -> None:
    op.create_index(
        op.f("ix_orders_guests_expired"),
        "orders",
        ["created_at"],
        unique=False,
        postgresql_where="((guest_email IS NOT NULL) AND (status = 'expired'::text))",
    )
