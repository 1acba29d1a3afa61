"""Indexes of the living attendees alone: a rush leaves many more in the trash than come in the end."""

import sqlalchemy as sa

from chalicelib import ddl

revision = "2026_11_21_6_living"
down_revision = "2026_11_21_5_images"
branch_labels = None
depends_on = None

_LIVING = sa.text("deleted_at IS NULL")
# The others stay: whoever removes an event or a ticket for good looks for everybody of it.
_BY = ("event_id", "ticket_id")


def upgrade() -> None:
    for column in _BY:
        name = f"ix_attendees_living_{column}_id"
        ddl.create_index(name, "attendees", [column, "id"], postgresql_where=_LIVING)


def downgrade() -> None:
    for column in _BY:
        ddl.drop_index(f"ix_attendees_living_{column}_id", "attendees")
