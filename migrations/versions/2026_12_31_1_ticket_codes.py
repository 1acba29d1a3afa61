"""Codes of tickets: signed, replaced and revoked ones; public keys of events, and which codes they have."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_31_1_ticket_codes"
down_revision = "2026_12_31_1_cancelled_tickets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("ticket_code", sa.Text(), server_default="former", nullable=False))
    op.add_column(
        "events",
        sa.Column("is_former_code_accepted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.create_table(
        "ticket_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_ticket_keys_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_keys"),
        sa.UniqueConstraint("event_id", "name", name="uq_ticket_keys_name"),
    )
    op.create_table(
        "ticket_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("void", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendees.id"], name="fk_ticket_codes_attendee_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["ticket_keys.id"], name="fk_ticket_codes_key_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_codes"),
    )
    for name in ("attendee_id", "key_id"):
        op.create_index(f"ix_ticket_codes_{name}", "ticket_codes", [name])
    op.create_index(
        "uq_ticket_codes_valid",
        "ticket_codes",
        ["attendee_id"],
        unique=True,
        postgresql_where=sa.text("void IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("ticket_codes")
    op.drop_table("ticket_keys")
    for name in ("is_former_code_accepted", "ticket_code"):
        op.drop_column("events", name)
