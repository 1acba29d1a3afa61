"""Scans that were decided offline: who was let in where, and why the device thought so."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_04_2_offline_scans"
down_revision = "2027_01_04_1_door_marks"
branch_labels = None
depends_on = None

_TEXTS = ("offline_reason", "place", "clock")


def upgrade() -> None:
    for name in ("is_offline", "was_let_in"):
        op.add_column("door_scans", sa.Column(name, sa.Boolean(), nullable=True))
    for name in _TEXTS:
        op.add_column("door_scans", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    for name in ("is_offline", "was_let_in", *_TEXTS):
        op.drop_column("door_scans", name)
