"""Invitations to speak are found by address: whoever is invited does not see reviews of the session."""

import sqlalchemy as sa

from chalicelib import ddl

revision = "2026_12_13_2_invite_emails"
down_revision = "2026_12_13_1_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.create_index("ix_speaker_invites_email", "speaker_invites", [sa.text("lower(email)")])


def downgrade() -> None:
    ddl.drop_index("ix_speaker_invites_email", "speaker_invites")
