"""Video: channels and streams."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_video"
down_revision = "2026_11_21_forms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "video_channels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("api_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=True),
        sa.Column("extra", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_video_channels"),
    )
    op.create_table(
        "video_streams",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("bg_img_url", sa.Text(), nullable=True),
        sa.Column("additional_information", sa.Text(), nullable=True),
        sa.Column("extra", postgresql.JSONB(), nullable=True),
        sa.Column("is_chat_enabled", sa.Boolean(), nullable=True),
        sa.Column("is_global_event_room", sa.Boolean(), nullable=True),
        sa.Column("chat_room_name", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("video_channel_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_video_streams_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["video_channel_id"],
            ["video_channels.id"],
            name="fk_video_streams_video_channel_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_video_streams"),
        sa.UniqueConstraint("event_id", name="uq_video_streams_event_id"),
    )
    op.create_index("ix_video_streams_video_channel_id", "video_streams", ["video_channel_id"], unique=False)


def downgrade() -> None:
    op.drop_table("video_streams")
    op.drop_table("video_channels")
