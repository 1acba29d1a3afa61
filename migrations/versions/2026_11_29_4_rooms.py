"""Video rooms: the meeting at the channel's service, and accounts at the chat service."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_29_4_rooms"
down_revision = "2026_11_29_1_defaults"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("video_streams", sa.Column("meeting", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("video_streams", "meeting")
