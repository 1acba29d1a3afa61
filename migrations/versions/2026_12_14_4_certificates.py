"""Certificates of attendance, and the rule of an event by which they are given."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_14_4_certificates"
down_revision = "2026_12_14_3_line_of_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("certificate_rule", sa.Text(), server_default="none", nullable=False))
    op.add_column("events", sa.Column("certificate_hours", sa.Integer(), nullable=True))
    op.add_column("events", sa.Column("certificate_text", sa.Text(), nullable=True))
    op.create_table(
        "certificates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event_name", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendees.id"], name="fk_certificates_attendee_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
        sa.UniqueConstraint("attendee_id", name="uq_certificates_attendee_id"),
        sa.UniqueConstraint("code", name="uq_certificates_code"),
    )


def downgrade() -> None:
    op.drop_table("certificates")
    for name in ("certificate_text", "certificate_hours", "certificate_rule"):
        op.drop_column("events", name)
