"""Virtual check-ins: stays at online events and in their rooms."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_3_virtual"
down_revision = "2026_11_29_3_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "virtual_check_ins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("check_in_type", sa.Text(), nullable=False),
        sa.Column("check_in_at", moment, nullable=False),
        sa.Column("check_out_at", moment, nullable=True),
        sa.Column("ticket_holder_id", sa.BigInteger(), nullable=False),
        sa.Column("microlocation_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "check_in_type IN ('event', 'virtual-room', 'room')",
            name=op.f("ck_virtual_check_ins_check_in_type"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_holder_id"],
            ["attendees.id"],
            name=op.f("fk_virtual_check_ins_ticket_holder_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["microlocation_id"],
            ["microlocations.id"],
            name=op.f("fk_virtual_check_ins_microlocation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_virtual_check_ins")),
    )
    op.create_index(op.f("ix_virtual_check_ins_ticket_holder_id"), "virtual_check_ins", ["ticket_holder_id"])
    op.create_index(op.f("ix_virtual_check_ins_microlocation_id"), "virtual_check_ins", ["microlocation_id"])
    op.create_index(
        "uq_virtual_check_ins_open",
        "virtual_check_ins",
        ["ticket_holder_id", "check_in_type", sa.text("coalesce(microlocation_id, 0)")],
        unique=True,
        postgresql_where=sa.text("check_out_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("virtual_check_ins")
