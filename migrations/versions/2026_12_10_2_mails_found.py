"""Mails are found by their event and by their key."""

from chalicelib import ddl

revision = "2026_12_10_2_mails_found"
down_revision = "2026_12_10_1_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.add_foreign_key("mails", "event_id", "events", ondelete="SET NULL")
    ddl.create_index("ix_mails_event_id", "mails", ["event_id"])
    ddl.create_index("uq_mails_key", "mails", ["key"], unique=True)


def downgrade() -> None:
    ddl.drop_index("uq_mails_key", "mails")
    ddl.drop_index("ix_mails_event_id", "mails")
    ddl.drop_check("mails", "fk_mails_event_id")
