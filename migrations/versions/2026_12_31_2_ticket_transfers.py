"""Tickets are passed on: offered to an address, and accepted by whoever gets the link."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_31_2_ticket_transfers"
down_revision = "2026_12_31_2_door_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "events",
        sa.Column("is_ticket_transfer_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("events", sa.Column("ticket_transfer_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "tickets", sa.Column("is_transferable", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column("attendees", sa.Column("transferred_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "ticket_transfers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("from_name", sa.Text(), nullable=True),
        sa.Column("from_email", sa.Text(), nullable=True),
        sa.Column("to_name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("offered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("is_by_buyer", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'declined', 'withdrawn', 'expired', 'ended')",
            name=op.f("ck_ticket_transfers_state"),
        ),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendees.id"], name="fk_ticket_transfers_attendee_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_ticket_transfers_order_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_ticket_transfers_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["offered_by_id"], ["users.id"], name="fk_ticket_transfers_offered_by_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_transfers"),
        sa.UniqueConstraint("hash", name="uq_ticket_transfers_hash"),
    )
    op.create_index("ix_ticket_transfers_attendee_id", "ticket_transfers", ["attendee_id"], unique=False)
    op.create_index("ix_ticket_transfers_order_id", "ticket_transfers", ["order_id"], unique=False)
    op.create_index("ix_ticket_transfers_offered_by_id", "ticket_transfers", ["offered_by_id"], unique=False)
    op.create_index("ix_ticket_transfers_email", "ticket_transfers", [sa.text("lower(email)")], unique=False)
    op.create_index(
        "ix_ticket_transfers_created_at_id", "ticket_transfers", [sa.text("created_at DESC"), "id"]
    )
    op.create_index(
        "ix_ticket_transfers_event_id_created_at_id",
        "ticket_transfers",
        ["event_id", sa.text("created_at DESC"), "id"],
    )
    op.create_index(
        "ix_ticket_transfers_expires_at",
        "ticket_transfers",
        ["expires_at"],
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_index(
        "uq_ticket_transfers_offered",
        "ticket_transfers",
        ["attendee_id"],
        unique=True,
        postgresql_where=sa.text("state = 'offered'"),
    )


def downgrade() -> None:
    op.drop_table("ticket_transfers")
    op.drop_column("attendees", "transferred_at")
    op.drop_column("tickets", "is_transferable")
    op.drop_column("events", "ticket_transfer_ends_at")
    op.drop_column("events", "is_ticket_transfer_enabled")
