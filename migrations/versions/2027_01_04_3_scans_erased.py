"""Scans are listed by event, and go with an attendee who is removed for good."""

from chalicelib import ddl

revision = "2027_01_04_3_scans_erased"
down_revision = "2027_01_04_2_offline_scans"
branch_labels = None
depends_on = None

_KEY = "fk_door_scans_attendee_id"


def upgrade() -> None:
    ddl.create_index("ix_door_scans_event_id_id", "door_scans", ["event_id", "id"])
    ddl.drop_check("door_scans", _KEY)
    ddl.add_foreign_key("door_scans", "attendee_id", "attendees", ondelete="CASCADE")


def downgrade() -> None:
    ddl.drop_check("door_scans", _KEY)
    ddl.add_foreign_key("door_scans", "attendee_id", "attendees", ondelete="SET NULL")
    ddl.drop_index("ix_door_scans_event_id_id", "door_scans")
