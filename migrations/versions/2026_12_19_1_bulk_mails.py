"""Bulk mails with their recipients, and whether an event wants them approved by a second person."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_19_1_bulk_mails"
down_revision = "2026_12_18_1_breaks_of_rooms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("approver_id", sa.BigInteger(), nullable=True),
        sa.Column("sender_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["users.id"], name=op.f("fk_bulk_mails_approver_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_bulk_mails_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_bulk_mails_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_bulk_mails_group_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["users.id"], name=op.f("fk_bulk_mails_sender_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_mails")),
    )
    op.create_index(op.f("ix_bulk_mails_approver_id"), "bulk_mails", ["approver_id"], unique=False)
    op.create_index(op.f("ix_bulk_mails_author_id"), "bulk_mails", ["author_id"], unique=False)
    op.create_index("ix_bulk_mails_event_id_id", "bulk_mails", ["event_id", "id"], unique=False)
    op.create_index(op.f("ix_bulk_mails_group_id"), "bulk_mails", ["group_id"], unique=False)
    op.create_index(op.f("ix_bulk_mails_sender_id"), "bulk_mails", ["sender_id"], unique=False)
    op.create_table(
        "bulk_mail_recipients",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("bulk_mail_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulk_mail_id"],
            ["bulk_mails.id"],
            name=op.f("fk_bulk_mail_recipients_bulk_mail_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_mail_recipients")),
    )
    op.create_index(
        "ix_bulk_mail_recipients_bulk_mail_id_id",
        "bulk_mail_recipients",
        ["bulk_mail_id", "id"],
        unique=False,
        postgresql_include=["state"],
    )
    op.create_index(
        "uq_bulk_mail_recipients_bulk_mail_id_email",
        "bulk_mail_recipients",
        ["bulk_mail_id", "email"],
        unique=True,
    )
    op.add_column(
        "events",
        sa.Column("bulk_mails_need_approval", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("events", "bulk_mails_need_approval")
    op.drop_table("bulk_mail_recipients")
    op.drop_table("bulk_mails")
