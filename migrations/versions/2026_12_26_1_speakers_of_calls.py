"""Limits of calls that count co-speakers, and conditions of form fields that name several answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_26_1_speakers_of_calls"
down_revision = "2026_12_24_1_last_scopes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "speakers_calls",
        sa.Column("counts_co_speakers", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "submission_calls",
        sa.Column("counts_co_speakers", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("custom_forms", sa.Column("asked_if_values", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("custom_forms", "asked_if_values")
    op.drop_column("submission_calls", "counts_co_speakers")
    op.drop_column("speakers_calls", "counts_co_speakers")
