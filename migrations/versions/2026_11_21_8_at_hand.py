"""What lists of an event's people ask for, in an index: the people themselves are strewn over the table."""

import sqlalchemy as sa

from chalicelib import ddl

revision = "2026_11_21_8_at_hand"
down_revision = "2026_11_21_7_addresses"
branch_labels = None
depends_on = None

_LIVING = sa.text("deleted_at IS NULL")
_BY = ["event_id", "id"]
_AT_HAND = [
    "order_id", "ticket_id", "is_checked_in", "is_checked_out", "is_registered", "identifier", "firstname",
    "lastname", "email",
]  # fmt: skip


def upgrade() -> None:
    ddl.create_index(
        "ix_attendees_of_event", "attendees", _BY, postgresql_include=_AT_HAND, postgresql_where=_LIVING
    )
    ddl.drop_index("ix_attendees_living_event_id_id", "attendees")


def downgrade() -> None:
    ddl.create_index("ix_attendees_living_event_id_id", "attendees", _BY, postgresql_where=_LIVING)
    ddl.drop_index("ix_attendees_of_event", "attendees")
