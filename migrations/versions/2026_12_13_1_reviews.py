"""Reviews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_13_1_reviews"
down_revision = "2026_12_12_2_call_of_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_phases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_anonymous", sa.Boolean(), nullable=False),
        sa.Column(
            "hidden_fields", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("reviewers_see", sa.Text(), nullable=False),
        sa.Column("allows_reviews", sa.Boolean(), nullable=False),
        sa.Column("allows_discussion", sa.Boolean(), nullable=False),
        sa.Column("others_visible", sa.Text(), nullable=False),
        sa.Column("reviews_per_session", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_review_phases_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_phases")),
    )
    op.create_index(
        "ix_review_phases_event_id_opens_at", "review_phases", ["event_id", "opens_at"], unique=False
    )
    op.create_table(
        "review_teams",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_review_teams_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_teams")),
    )
    op.create_index(op.f("ix_review_teams_event_id"), "review_teams", ["event_id"], unique=False)
    op.create_table(
        "review_criteria",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("minimum", sa.Double(), nullable=False),
        sa.Column("maximum", sa.Double(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("phase_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_review_criteria_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["phase_id"], ["review_phases.id"], name=op.f("fk_review_criteria_phase_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_criteria")),
    )
    op.create_index(op.f("ix_review_criteria_event_id"), "review_criteria", ["event_id"], unique=False)
    op.create_index(op.f("ix_review_criteria_phase_id"), "review_criteria", ["phase_id"], unique=False)
    op.create_table(
        "review_teams_tracks",
        sa.Column("review_team_id", sa.BigInteger(), nullable=False),
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_team_id"],
            ["review_teams.id"],
            name=op.f("fk_review_teams_tracks_review_team_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name=op.f("fk_review_teams_tracks_track_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("review_team_id", "track_id", name=op.f("pk_review_teams_tracks")),
    )
    op.create_index(
        op.f("ix_review_teams_tracks_track_id"), "review_teams_tracks", ["track_id"], unique=False
    )
    op.create_table(
        "reviewers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("load_limit", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_reviewers_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["review_teams.id"], name=op.f("fk_reviewers_team_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reviewers_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviewers")),
    )
    op.create_index(op.f("ix_reviewers_team_id"), "reviewers", ["team_id"], unique=False)
    op.create_index(op.f("ix_reviewers_user_id"), "reviewers", ["user_id"], unique=False)
    op.create_index("ix_reviewers_email", "reviewers", [sa.literal_column("lower(email)")], unique=False)
    op.create_index(
        "uq_reviewers_email", "reviewers", ["event_id", sa.literal_column("lower(email)")], unique=True
    )
    op.create_index("uq_reviewers_user", "reviewers", ["event_id", "user_id"], unique=True)
    op.create_table(
        "held_mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about_state", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_held_mails_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_held_mails_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_mails")),
    )
    op.create_index("ix_held_mails_event_id_id", "held_mails", ["event_id", "id"], unique=False)
    op.create_index(op.f("ix_held_mails_session_id"), "held_mails", ["session_id"], unique=False)
    op.create_table(
        "review_assignments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("phase_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_review_assignments_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["phase_id"],
            ["review_phases.id"],
            name=op.f("fk_review_assignments_phase_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["reviewers.id"],
            name=op.f("fk_review_assignments_reviewer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_review_assignments_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_review_assignments_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_assignments")),
        sa.UniqueConstraint("phase_id", "session_id", "reviewer_id", name="uq_review_assignments_reviewer"),
    )
    op.create_index(op.f("ix_review_assignments_event_id"), "review_assignments", ["event_id"], unique=False)
    op.create_index(
        op.f("ix_review_assignments_reviewer_id"), "review_assignments", ["reviewer_id"], unique=False
    )
    op.create_index(
        op.f("ix_review_assignments_session_id"), "review_assignments", ["session_id"], unique=False
    )
    op.create_index(op.f("ix_review_assignments_user_id"), "review_assignments", ["user_id"], unique=False)
    op.create_table(
        "review_comments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_review_comments_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_review_comments_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_review_comments_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_comments")),
    )
    op.create_index(op.f("ix_review_comments_event_id"), "review_comments", ["event_id"], unique=False)
    op.create_index(op.f("ix_review_comments_session_id"), "review_comments", ["session_id"], unique=False)
    op.create_index(op.f("ix_review_comments_user_id"), "review_comments", ["user_id"], unique=False)
    op.create_table(
        "review_conflicts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_review_conflicts_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["reviewers.id"],
            name=op.f("fk_review_conflicts_reviewer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_review_conflicts_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_conflicts")),
        sa.UniqueConstraint("reviewer_id", "session_id", name="uq_review_conflicts_session"),
    )
    op.create_index(op.f("ix_review_conflicts_event_id"), "review_conflicts", ["event_id"], unique=False)
    op.create_index(op.f("ix_review_conflicts_session_id"), "review_conflicts", ["session_id"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("scores", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("is_abstention", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("phase_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_reviews_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["phase_id"], ["review_phases.id"], name=op.f("fk_reviews_phase_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["reviewers.id"], name=op.f("fk_reviews_reviewer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_reviews_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reviews_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("phase_id", "session_id", "reviewer_id", name="uq_reviews_reviewer"),
    )
    op.create_index(op.f("ix_reviews_event_id"), "reviews", ["event_id"], unique=False)
    op.create_index(op.f("ix_reviews_reviewer_id"), "reviews", ["reviewer_id"], unique=False)
    op.create_index(op.f("ix_reviews_session_id"), "reviews", ["session_id"], unique=False)
    op.create_index(op.f("ix_reviews_user_id"), "reviews", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_reviews_user_id"), table_name="reviews")
    op.drop_index(op.f("ix_reviews_session_id"), table_name="reviews")
    op.drop_index(op.f("ix_reviews_reviewer_id"), table_name="reviews")
    op.drop_index(op.f("ix_reviews_event_id"), table_name="reviews")
    op.drop_table("reviews")
    op.drop_index(op.f("ix_review_conflicts_session_id"), table_name="review_conflicts")
    op.drop_index(op.f("ix_review_conflicts_event_id"), table_name="review_conflicts")
    op.drop_table("review_conflicts")
    op.drop_index(op.f("ix_review_comments_user_id"), table_name="review_comments")
    op.drop_index(op.f("ix_review_comments_session_id"), table_name="review_comments")
    op.drop_index(op.f("ix_review_comments_event_id"), table_name="review_comments")
    op.drop_table("review_comments")
    op.drop_index(op.f("ix_review_assignments_user_id"), table_name="review_assignments")
    op.drop_index(op.f("ix_review_assignments_session_id"), table_name="review_assignments")
    op.drop_index(op.f("ix_review_assignments_reviewer_id"), table_name="review_assignments")
    op.drop_index(op.f("ix_review_assignments_event_id"), table_name="review_assignments")
    op.drop_table("review_assignments")
    op.drop_index(op.f("ix_held_mails_session_id"), table_name="held_mails")
    op.drop_index("ix_held_mails_event_id_id", table_name="held_mails")
    op.drop_table("held_mails")
    op.drop_index("uq_reviewers_user", table_name="reviewers")
    op.drop_index("uq_reviewers_email", table_name="reviewers")
    op.drop_index(op.f("ix_reviewers_user_id"), table_name="reviewers")
    op.drop_index(op.f("ix_reviewers_team_id"), table_name="reviewers")
    op.drop_table("reviewers")
    op.drop_index(op.f("ix_review_teams_tracks_track_id"), table_name="review_teams_tracks")
    op.drop_table("review_teams_tracks")
    op.drop_index(op.f("ix_review_criteria_phase_id"), table_name="review_criteria")
    op.drop_index(op.f("ix_review_criteria_event_id"), table_name="review_criteria")
    op.drop_table("review_criteria")
    op.drop_index(op.f("ix_review_teams_event_id"), table_name="review_teams")
    op.drop_table("review_teams")
    op.drop_index("ix_review_phases_event_id_opens_at", table_name="review_phases")
    op.drop_table("review_phases")
