"""Video rooms: moderators, recordings, and translation channels."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_video_rooms"
down_revision = "2026_11_21_programme"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "translation_channels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("video_stream_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["video_channels.id"],
            name="fk_translation_channels_channel_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["video_stream_id"],
            ["video_streams.id"],
            name="fk_translation_channels_video_stream_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_translation_channels"),
    )
    op.create_index(
        "ix_translation_channels_channel_id", "translation_channels", ["channel_id"], unique=False
    )
    op.create_index(
        "ix_translation_channels_video_stream_id", "translation_channels", ["video_stream_id"], unique=False
    )
    op.create_table(
        "video_recordings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("bbb_record_id", sa.Text(), nullable=True),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("video_stream_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_stream_id"],
            ["video_streams.id"],
            name="fk_video_recordings_video_stream_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_video_recordings"),
    )
    op.create_index(
        "ix_video_recordings_video_stream_id", "video_recordings", ["video_stream_id"], unique=False
    )
    op.create_table(
        "video_stream_moderators",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("video_stream_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_video_stream_moderators_user_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["video_stream_id"],
            ["video_streams.id"],
            name="fk_video_stream_moderators_video_stream_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_video_stream_moderators"),
    )
    op.create_index(
        "ix_video_stream_moderators_user_id", "video_stream_moderators", ["user_id"], unique=False
    )
    op.create_index(
        "ix_video_stream_moderators_video_stream_id",
        "video_stream_moderators",
        ["video_stream_id"],
        unique=False,
    )
    op.create_index(
        "uq_video_stream_moderators_email",
        "video_stream_moderators",
        ["video_stream_id", sa.literal_column("lower(email)")],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("video_stream_moderators")
    op.drop_table("video_recordings")
    op.drop_table("translation_channels")
