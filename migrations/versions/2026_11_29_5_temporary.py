"""Temporary uploads are forgotten a month after they have expired."""

from chalicelib import ddl

revision = "2026_11_29_5_temporary"
down_revision = "2026_11_29_4_taken_part"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.create_index("ix_temporary_uploads_expires_at", "temporary_uploads", ["expires_at"])


def downgrade() -> None:
    ddl.drop_index("ix_temporary_uploads_expires_at", "temporary_uploads")
