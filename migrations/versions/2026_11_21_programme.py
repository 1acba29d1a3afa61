"""The programme: tracks, rooms, session types, sessions and speakers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_programme"
down_revision = "2026_11_21_video"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exhibitors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("banner_url", sa.Text(), nullable=True),
        sa.Column("thumbnail_image_url", sa.Text(), nullable=True),
        sa.Column("enable_video_room", sa.Boolean(), nullable=True),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column("slides_url", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("contact_link", sa.Text(), nullable=True),
        sa.Column("social_links", postgresql.JSONB(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_exhibitors_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_exhibitors"),
    )
    op.create_index("ix_exhibitors_event_id", "exhibitors", ["event_id"], unique=False)
    op.create_table(
        "session_types",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("length", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_session_types_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_session_types"),
    )
    op.create_index("ix_session_types_event_id", "session_types", ["event_id"], unique=False)
    op.create_table(
        "speakers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("photo_url", sa.Text(), nullable=True),
        sa.Column("thumbnail_image_url", sa.Text(), nullable=True),
        sa.Column("small_image_url", sa.Text(), nullable=True),
        sa.Column("icon_image_url", sa.Text(), nullable=True),
        sa.Column("short_biography", sa.Text(), nullable=True),
        sa.Column("long_biography", sa.Text(), nullable=True),
        sa.Column("speaking_experience", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("twitter", sa.Text(), nullable=True),
        sa.Column("facebook", sa.Text(), nullable=True),
        sa.Column("github", sa.Text(), nullable=True),
        sa.Column("mastodon", sa.Text(), nullable=True),
        sa.Column("linkedin", sa.Text(), nullable=True),
        sa.Column("instagram", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("is_featured", sa.Boolean(), nullable=False),
        sa.Column("is_email_overridden", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("order", sa.Integer(), nullable=True),
        sa.Column("heard_from", sa.Text(), nullable=True),
        sa.Column("sponsorship_required", sa.Text(), nullable=True),
        sa.Column("complex_field_values", postgresql.JSONB(), nullable=True),
        sa.Column("speaker_positions", postgresql.JSONB(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_speakers_event_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_speakers_user_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_speakers"),
    )
    op.create_index("ix_speakers_event_id", "speakers", ["event_id"], unique=False)
    op.create_index("ix_speakers_user_id", "speakers", ["user_id"], unique=False)
    op.create_index(
        "uq_speakers_email",
        "speakers",
        ["event_id", sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "speakers_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("announcement", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("soft_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("privacy", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_speakers_calls_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_speakers_calls"),
    )
    op.create_index("ix_speakers_calls_event_id", "speakers_calls", ["event_id"], unique=False)
    op.create_index(
        "uq_speakers_calls_event",
        "speakers_calls",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "tracks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("font_color", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_tracks_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tracks"),
    )
    op.create_index("ix_tracks_event_id", "tracks", ["event_id"], unique=False)
    op.create_table(
        "microlocations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("hidden_in_scheduler", sa.Boolean(), nullable=False),
        sa.Column("chat_room_name", sa.Text(), nullable=True),
        sa.Column("is_chat_enabled", sa.Boolean(), nullable=True),
        sa.Column("is_global_event_room", sa.Boolean(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("video_stream_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_microlocations_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["video_stream_id"],
            ["video_streams.id"],
            name="fk_microlocations_video_stream_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_microlocations"),
    )
    op.create_index("ix_microlocations_event_id", "microlocations", ["event_id"], unique=False)
    op.create_index("ix_microlocations_video_stream_id", "microlocations", ["video_stream_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subtitle", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("short_abstract", sa.Text(), nullable=True),
        sa.Column("long_abstract", sa.Text(), nullable=True),
        sa.Column("comments", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("slides_url", sa.Text(), nullable=True),
        sa.Column("slides", postgresql.JSONB(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("twitter", sa.Text(), nullable=True),
        sa.Column("facebook", sa.Text(), nullable=True),
        sa.Column("github", sa.Text(), nullable=True),
        sa.Column("linkedin", sa.Text(), nullable=True),
        sa.Column("instagram", sa.Text(), nullable=True),
        sa.Column("gitlab", sa.Text(), nullable=True),
        sa.Column("mastodon", sa.Text(), nullable=True),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column("audio_url", sa.Text(), nullable=True),
        sa.Column("signup_url", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_mail_sent", sa.Boolean(), nullable=False),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        sa.Column("last_modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("average_rating", sa.Double(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("favourite_count", sa.Integer(), nullable=False),
        sa.Column("complex_field_values", postgresql.JSONB(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("track_id", sa.BigInteger(), nullable=True),
        sa.Column("session_type_id", sa.BigInteger(), nullable=True),
        sa.Column("microlocation_id", sa.BigInteger(), nullable=True),
        sa.Column("creator_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["users.id"], name="fk_sessions_creator_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_sessions_event_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["microlocation_id"],
            ["microlocations.id"],
            name="fk_sessions_microlocation_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["session_type_id"], ["session_types.id"], name="fk_sessions_session_type_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name="fk_sessions_track_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_creator_id", "sessions", ["creator_id"], unique=False)
    op.create_index("ix_sessions_event_id", "sessions", ["event_id"], unique=False)
    op.create_index("ix_sessions_microlocation_id", "sessions", ["microlocation_id"], unique=False)
    op.create_index("ix_sessions_session_type_id", "sessions", ["session_type_id"], unique=False)
    op.create_index("ix_sessions_track_id", "sessions", ["track_id"], unique=False)
    op.create_table(
        "exhibitors_sessions",
        sa.Column("exhibitor_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exhibitor_id"],
            ["exhibitors.id"],
            name="fk_exhibitors_sessions_exhibitor_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_exhibitors_sessions_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("exhibitor_id", "session_id", name="pk_exhibitors_sessions"),
    )
    op.create_index("ix_exhibitors_sessions_session_id", "exhibitors_sessions", ["session_id"], unique=False)
    op.create_table(
        "feedbacks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rating", sa.Double(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_feedbacks_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_feedbacks_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_feedbacks_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_feedbacks"),
    )
    op.create_index("ix_feedbacks_event_id", "feedbacks", ["event_id"], unique=False)
    op.create_index("ix_feedbacks_session_id", "feedbacks", ["session_id"], unique=False)
    op.create_index("ix_feedbacks_user_id", "feedbacks", ["user_id"], unique=False)
    op.create_index(
        "uq_feedbacks_session_user",
        "feedbacks",
        ["session_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "speaker_invites",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_speaker_invites_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_speaker_invites_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_speaker_invites"),
    )
    op.create_index("ix_speaker_invites_event_id", "speaker_invites", ["event_id"], unique=False)
    op.create_index("ix_speaker_invites_session_id", "speaker_invites", ["session_id"], unique=False)
    op.create_index(
        "uq_speaker_invites_pending",
        "speaker_invites",
        ["session_id", sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "speakers_sessions",
        sa.Column("speaker_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_speakers_sessions_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"], ["speakers.id"], name="fk_speakers_sessions_speaker_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("speaker_id", "session_id", name="pk_speakers_sessions"),
    )
    op.create_index("ix_speakers_sessions_session_id", "speakers_sessions", ["session_id"], unique=False)
    op.create_table(
        "user_favourite_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_user_favourite_sessions_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_favourite_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_user_favourite_sessions"),
        sa.UniqueConstraint("session_id", "user_id", name="uq_user_favourite_sessions"),
    )
    op.create_index(
        "ix_user_favourite_sessions_session_id", "user_favourite_sessions", ["session_id"], unique=False
    )
    op.create_index(
        "ix_user_favourite_sessions_user_id", "user_favourite_sessions", ["user_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("user_favourite_sessions")
    op.drop_table("speakers_sessions")
    op.drop_table("speaker_invites")
    op.drop_table("feedbacks")
    op.drop_table("exhibitors_sessions")
    op.drop_table("sessions")
    op.drop_table("microlocations")
    op.drop_table("tracks")
    op.drop_table("speakers_calls")
    op.drop_table("speakers")
    op.drop_table("session_types")
    op.drop_table("exhibitors")
