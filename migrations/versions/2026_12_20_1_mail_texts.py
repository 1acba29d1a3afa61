"""Texts of events for kinds of mails."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_20_1_mail_texts"
down_revision = "2026_12_16_1_invitations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_texts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_mail_texts_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mail_texts"),
        sa.UniqueConstraint("event_id", "kind", "language", name="uq_mail_texts_kind"),
    )


def downgrade() -> None:
    op.drop_table("mail_texts")
