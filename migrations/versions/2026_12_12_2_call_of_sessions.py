"""Sessions refer to the further call that took them."""

from chalicelib import ddl

revision = "2026_12_12_2_call_of_sessions"
down_revision = "2026_12_12_1_submission_calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.create_index("ix_sessions_submission_call_id", "sessions", ["submission_call_id"])
    ddl.add_foreign_key("sessions", "submission_call_id", "submission_calls", ondelete="SET NULL")


def downgrade() -> None:
    ddl.drop_check("sessions", "fk_sessions_submission_call_id")
    ddl.drop_index("ix_sessions_submission_call_id", "sessions")
