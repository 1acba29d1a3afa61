"""Scans are found by their device, which exists."""

from chalicelib import ddl

revision = "2026_12_31_3_scans_of_devices"
down_revision = "2026_12_31_2_ticket_transfers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.add_foreign_key("door_scans", "device_id", "door_devices", ondelete="SET NULL")
    ddl.create_index("ix_door_scans_device_id", "door_scans", ["device_id"])


def downgrade() -> None:
    ddl.drop_index("ix_door_scans_device_id", "door_scans")
    ddl.drop_check("door_scans", "fk_door_scans_device_id")
