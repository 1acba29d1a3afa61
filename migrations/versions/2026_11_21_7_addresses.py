"""Indexes of speakers and moderators by email address, for permission checks from the viewer's side."""

import sqlalchemy as sa

from chalicelib import ddl

revision = "2026_11_21_7_addresses"
down_revision = "2026_11_21_6_living"
branch_labels = None
depends_on = None

_TABLES = ("speakers", "video_stream_moderators")


def upgrade() -> None:
    for table in _TABLES:
        ddl.create_index(f"ix_{table}_email", table, [sa.text("lower(email)")])


def downgrade() -> None:
    for table in _TABLES:
        ddl.drop_index(f"ix_{table}_email", table)
