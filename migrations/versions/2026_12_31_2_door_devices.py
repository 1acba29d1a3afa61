"""Devices at the door, and which of them made a scan."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_31_2_door_devices"
down_revision = "2026_12_31_1_ticket_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "door_devices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pairing_ends_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("paired_at", "seen_at", "revoked_at")
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_door_devices_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_door_devices_station_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_door_devices"),
        sa.UniqueConstraint("hash", name="uq_door_devices_hash"),
    )
    for name in ("event_id", "station_id"):
        op.create_index(f"ix_door_devices_{name}", "door_devices", [name])
    op.add_column("door_scans", sa.Column("device_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("door_scans", "device_id")
    op.drop_table("door_devices")
