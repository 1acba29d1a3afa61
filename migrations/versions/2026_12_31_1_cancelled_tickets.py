"""Single tickets of an order are cancelled by whoever has bought them, or by whom they are for."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_31_1_cancelled_tickets"
down_revision = "2026_12_30_1_gate"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "events",
        sa.Column(
            "is_attendee_cancellation_enabled", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
    )
    op.create_table(
        "ticket_cancellations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_of_paid", sa.Boolean(), nullable=False),
        sa.Column("waived_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("waived_minor >= 0", name=op.f("ck_ticket_cancellations_waived")),
        sa.ForeignKeyConstraint(
            ["attendee_id"],
            ["attendees.id"],
            name="fk_ticket_cancellations_attendee_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_ticket_cancellations_order_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by_id"],
            ["users.id"],
            name="fk_ticket_cancellations_cancelled_by_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_cancellations"),
        sa.UniqueConstraint("attendee_id", name="uq_ticket_cancellations_attendee_id"),
    )
    op.create_index("ix_ticket_cancellations_order_id", "ticket_cancellations", ["order_id"], unique=False)
    op.create_index(
        "ix_ticket_cancellations_cancelled_by_id", "ticket_cancellations", ["cancelled_by_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("ticket_cancellations")
    op.drop_column("events", "is_attendee_cancellation_enabled")
