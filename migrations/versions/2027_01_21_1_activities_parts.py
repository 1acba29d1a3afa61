"""The audit log is divided by ids, so that what is old is dropped rather than deleted."""

from chalicelib import ddl

revision = "2027_01_21_1_activities_parts"
down_revision = "2027_01_20_3_lists_of_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.partition_by_id("activities", 5_000_000)


def downgrade() -> None:
    ddl.rejoin("activities")
