"""Mails have a state, and addresses can be suppressed."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_10_1_mails"
down_revision = "2026_12_09_1_left_programme"
branch_labels = None
depends_on = None

_TEXTS = ("kind", "language", "detail", "message_id", "ses_id", "key")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("mails", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("mails", sa.Column("state", sa.Text(), server_default="sent", nullable=False))
    op.add_column("mails", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mails", sa.Column("attempts", sa.Integer(), server_default="1", nullable=False))
    op.add_column("mails", sa.Column("event_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "mail_suppressions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mail_suppressions"),
    )
    op.create_index(
        "uq_mail_suppressions_email", "mail_suppressions", [sa.text("lower(email)"), "kind"], unique=True
    )
    op.create_index(
        "ix_mail_suppressions_created_at_id", "mail_suppressions", [sa.text("created_at DESC"), "id"]
    )


def downgrade() -> None:
    op.drop_table("mail_suppressions")
    for name in ("event_id", "attempts", "changed_at", "state", *reversed(_TEXTS)):
        op.drop_column("mails", name)
