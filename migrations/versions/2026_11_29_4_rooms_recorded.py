"""A recording of a video room is stored once."""

from chalicelib import ddl

revision = "2026_11_29_4_rooms_recorded"
down_revision = "2026_11_29_4_rooms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.create_index(
        "uq_video_recordings_record", "video_recordings", ["video_stream_id", "bbb_record_id"], unique=True
    )


def downgrade() -> None:
    ddl.drop_index("uq_video_recordings_record", "video_recordings")
