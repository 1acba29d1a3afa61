"""Further calls for papers, limits and edits of calls, and fields that are internal, late or conditional."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_12_1_submission_calls"
down_revision = "2026_12_11_4_zone_offsets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "submission_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("announcement", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("soft_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("max_submissions", sa.Integer(), nullable=True),
        sa.Column("max_speakers", sa.Integer(), nullable=True),
        sa.Column("edits_after_end", sa.Text(), server_default="open", nullable=False),
        sa.Column("co_speakers_must_accept", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("privacy", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_submission_calls_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_submission_calls"),
    )
    op.create_index("ix_submission_calls_event_id", "submission_calls", ["event_id"], unique=False)
    op.create_table(
        "submission_calls_tracks",
        sa.Column("submission_call_id", sa.BigInteger(), nullable=False),
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_call_id"],
            ["submission_calls.id"],
            name="fk_submission_calls_tracks_submission_call_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name="fk_submission_calls_tracks_track_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_call_id", "track_id", name="pk_submission_calls_tracks"),
    )
    op.create_index("ix_submission_calls_tracks_track_id", "submission_calls_tracks", ["track_id"])
    op.create_table(
        "submission_calls_session_types",
        sa.Column("submission_call_id", sa.BigInteger(), nullable=False),
        sa.Column("session_type_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_call_id"],
            ["submission_calls.id"],
            name="fk_submission_calls_session_types_submission_call_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_type_id"],
            ["session_types.id"],
            name="fk_submission_calls_session_types_session_type_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "submission_call_id", "session_type_id", name="pk_submission_calls_session_types"
        ),
    )
    op.create_index(
        "ix_submission_calls_session_types_session_type_id",
        "submission_calls_session_types",
        ["session_type_id"],
    )
    op.add_column("speakers_calls", sa.Column("max_submissions", sa.Integer(), nullable=True))
    op.add_column("speakers_calls", sa.Column("max_speakers", sa.Integer(), nullable=True))
    op.add_column(
        "speakers_calls", sa.Column("edits_after_end", sa.Text(), server_default="open", nullable=False)
    )
    op.add_column(
        "speakers_calls",
        sa.Column("co_speakers_must_accept", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "speakers_calls",
        sa.Column("is_hash_required", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("sessions", sa.Column("submission_call_id", sa.BigInteger(), nullable=True))
    for table in ("sessions", "speakers"):
        op.add_column(table, sa.Column("internal_field_values", postgresql.JSONB(), nullable=True))
    op.add_column(
        "custom_forms", sa.Column("is_internal", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "custom_forms", sa.Column("asked_from", sa.Text(), server_default="submission", nullable=False)
    )
    op.add_column("custom_forms", sa.Column("asked_if_field", sa.Text(), nullable=True))
    op.add_column("custom_forms", sa.Column("asked_if_value", sa.Text(), nullable=True))


def downgrade() -> None:
    for column in ("asked_if_value", "asked_if_field", "asked_from", "is_internal"):
        op.drop_column("custom_forms", column)
    for table in ("speakers", "sessions"):
        op.drop_column(table, "internal_field_values")
    op.drop_column("sessions", "submission_call_id")
    rules = ("max_submissions", "max_speakers", "edits_after_end", "co_speakers_must_accept")
    for column in ("is_hash_required", *rules):
        op.drop_column("speakers_calls", column)
    op.drop_table("submission_calls_session_types")
    op.drop_table("submission_calls_tracks")
    op.drop_table("submission_calls")
