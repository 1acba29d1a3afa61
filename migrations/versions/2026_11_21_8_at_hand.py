"""Covering indexes for lists of an event's attendees, whose rows are scattered over the table."""

import sqlalchemy as sa

from chalicelib import ddl

revision = "2026_11_21_8_at_hand"
down_revision = "2026_11_21_7_addresses"
branch_labels = None
depends_on = None

_LIVING = sa.text("deleted_at IS NULL")
_AT_HAND = {
    "event": [
        "order_id", "ticket_id", "is_checked_in", "is_checked_out", "is_registered", "identifier",
        "firstname", "lastname", "email",
    ],
    "ticket": ["event_id", "order_id", "is_checked_in", "email"],
}  # fmt: skip


# An index entry is limited to 2,704 bytes: texts of these lengths fit, in any script.
_LENGTHS = "char_length(firstname) <= 200 AND char_length(lastname) <= 200 AND char_length(email) <= 254"


def upgrade() -> None:
    ddl.add_check("attendees", "ck_attendees_lengths", _LENGTHS)
    for owner, columns in _AT_HAND.items():
        name, by = f"ix_attendees_of_{owner}", [f"{owner}_id", "id"]
        ddl.create_index(name, "attendees", by, postgresql_include=columns, postgresql_where=_LIVING)
        ddl.drop_index(f"ix_attendees_living_{owner}_id_id", "attendees")


def downgrade() -> None:
    for owner in _AT_HAND:
        by = [f"{owner}_id", "id"]
        ddl.create_index(f"ix_attendees_living_{owner}_id_id", "attendees", by, postgresql_where=_LIVING)
        ddl.drop_index(f"ix_attendees_of_{owner}", "attendees")
    ddl.drop_check("attendees", "ck_attendees_lengths")
