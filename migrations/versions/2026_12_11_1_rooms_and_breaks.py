"""Rooms have capacity and availability, speakers availability, sessions further rooms; breaks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_11_1_rooms_and_breaks"
down_revision = "2026_12_10_2_mails_found"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule_breaks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_schedule_breaks_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_breaks")),
    )
    op.create_index(op.f("ix_schedule_breaks_event_id"), "schedule_breaks", ["event_id"], unique=False)
    op.create_table(
        "schedule_breaks_microlocations",
        sa.Column("schedule_break_id", sa.BigInteger(), nullable=False),
        sa.Column("microlocation_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["microlocation_id"],
            ["microlocations.id"],
            name=op.f("fk_schedule_breaks_microlocations_microlocation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_break_id"],
            ["schedule_breaks.id"],
            name=op.f("fk_schedule_breaks_microlocations_schedule_break_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "schedule_break_id", "microlocation_id", name=op.f("pk_schedule_breaks_microlocations")
        ),
    )
    op.create_index(
        op.f("ix_schedule_breaks_microlocations_microlocation_id"),
        "schedule_breaks_microlocations",
        ["microlocation_id"],
        unique=False,
    )
    op.create_table(
        "sessions_microlocations",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("microlocation_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["microlocation_id"],
            ["microlocations.id"],
            name=op.f("fk_sessions_microlocations_microlocation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_sessions_microlocations_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "microlocation_id", name=op.f("pk_sessions_microlocations")),
    )
    op.create_index(
        op.f("ix_sessions_microlocations_microlocation_id"),
        "sessions_microlocations",
        ["microlocation_id"],
        unique=False,
    )
    op.add_column("microlocations", sa.Column("capacity", sa.Integer(), nullable=True))
    op.add_column(
        "microlocations",
        sa.Column("availability", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column("sessions", sa.Column("expected_audience", sa.Integer(), nullable=True))
    op.add_column(
        "speakers",
        sa.Column("availability", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )


def downgrade() -> None:
    op.drop_column("speakers", "availability")
    op.drop_column("sessions", "expected_audience")
    op.drop_column("microlocations", "availability")
    op.drop_column("microlocations", "capacity")
    op.drop_index(op.f("ix_sessions_microlocations_microlocation_id"), table_name="sessions_microlocations")
    op.drop_table("sessions_microlocations")
    op.drop_index(
        op.f("ix_schedule_breaks_microlocations_microlocation_id"),
        table_name="schedule_breaks_microlocations",
    )
    op.drop_table("schedule_breaks_microlocations")
    op.drop_index(op.f("ix_schedule_breaks_event_id"), table_name="schedule_breaks")
    op.drop_table("schedule_breaks")
