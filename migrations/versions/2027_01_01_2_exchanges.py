"""Tickets are exchanged for others of the event or its owner; what was paid for them moves along."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_01_2_exchanges"
down_revision = "2027_01_01_1_changed_attendees"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("ticket_exchange", sa.Text(), server_default="off", nullable=False))
    op.add_column("events", sa.Column("ticket_exchange_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "events", sa.Column("cheaper_exchange", sa.Text(), server_default="refused", nullable=False)
    )
    op.add_column(
        "tickets", sa.Column("is_exchangeable", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column("orders", sa.Column("credit_minor", sa.BigInteger(), nullable=True))
    op.add_column("orders", sa.Column("added_to_id", sa.BigInteger(), nullable=True))
    op.add_column("payments", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "payments", sa.Column("was_billed", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    _make_table()


def downgrade() -> None:
    op.drop_table("ticket_exchanges")
    op.drop_column("payments", "was_billed")
    op.drop_column("payments", "source_id")
    op.drop_column("orders", "added_to_id")
    op.drop_column("orders", "credit_minor")
    op.drop_column("tickets", "is_exchangeable")
    op.drop_column("events", "cheaper_exchange")
    op.drop_column("events", "ticket_exchange_ends_at")
    op.drop_column("events", "ticket_exchange")


def _make_table() -> None:
    op.create_table(
        "ticket_exchanges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("back_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_by_buyer", sa.Boolean(), nullable=False),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("new_order_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("back_minor BETWEEN 0 AND credit_minor", name=op.f("ck_ticket_exchanges_amounts")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=f"fk_ticket_exchanges_{column}", ondelete=action
            )
            for column, table, action in (
                ("attendee_id", "attendees", "CASCADE"),
                ("order_id", "orders", "CASCADE"),
                ("new_order_id", "orders", "CASCADE"),
                ("event_id", "events", "CASCADE"),
                ("asked_by_id", "users", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_exchanges"),
        sa.UniqueConstraint("new_order_id", name="uq_ticket_exchanges_new_order_id"),
    )
    for column in ("attendee_id", "order_id", "asked_by_id"):
        op.create_index(f"ix_ticket_exchanges_{column}", "ticket_exchanges", [column], unique=False)
    op.create_index(
        "ix_ticket_exchanges_created_at_id", "ticket_exchanges", [sa.text("created_at DESC"), "id"]
    )
    op.create_index(
        "ix_ticket_exchanges_event_id_created_at_id",
        "ticket_exchanges",
        ["event_id", sa.text("created_at DESC"), "id"],
    )
