"""Group orders: attendees are asked to fill in their own forms by a mailed link."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_03_1_form_requests"
down_revision = "2027_01_02_1_waiting_list"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "events",
        sa.Column("is_group_order_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("events", sa.Column("attendee_form_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("attendees", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "form_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'answered', 'withdrawn', 'ended')", name=op.f("ck_form_requests_state")
        ),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendees.id"], name="fk_form_requests_attendee_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_form_requests_order_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_form_requests_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["users.id"], name="fk_form_requests_asked_by_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_form_requests"),
        sa.UniqueConstraint("hash", name="uq_form_requests_hash"),
    )
    for name in ("attendee_id", "order_id", "asked_by_id"):
        op.create_index(f"ix_form_requests_{name}", "form_requests", [name], unique=False)
    op.create_index("ix_form_requests_email", "form_requests", [sa.text("lower(email)")], unique=False)
    op.create_index("ix_form_requests_created_at_id", "form_requests", [sa.text("created_at DESC"), "id"])
    op.create_index(
        "ix_form_requests_event_id_created_at_id",
        "form_requests",
        ["event_id", sa.text("created_at DESC"), "id"],
    )
    op.create_index(
        "ix_form_requests_asked",
        "form_requests",
        ["event_id"],
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(
        "uq_form_requests_open",
        "form_requests",
        ["attendee_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'answered')"),
    )


def downgrade() -> None:
    op.drop_table("form_requests")
    op.drop_column("attendees", "answered_at")
    op.drop_column("events", "attendee_form_ends_at")
    op.drop_column("events", "is_group_order_enabled")
