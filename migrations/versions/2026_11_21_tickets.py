"""What can be bought."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_tickets"
down_revision = "2026_11_21_programme"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(), nullable=True),
        sa.Column("min_price", sa.Numeric(), nullable=False),
        sa.Column("max_price", sa.Numeric(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("is_description_visible", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("is_fee_absorbed", sa.Boolean(), nullable=False),
        sa.Column("sales_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sales_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("min_order", sa.Integer(), nullable=True),
        sa.Column("max_order", sa.Integer(), nullable=True),
        sa.Column("is_checkin_restricted", sa.Boolean(), nullable=False),
        sa.Column("auto_checkin_enabled", sa.Boolean(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=True),
        sa.Column("badge_id", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_tickets_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
    )
    op.create_index("ix_tickets_event_id", "tickets", ["event_id"], unique=False)
    op.create_index(
        "uq_tickets_name",
        "tickets",
        ["event_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("tickets")
