"""Partial indexes of attendees that are not soft-deleted, as expired reservations leave many that are."""

import sqlalchemy as sa

from chalicelib import ddl

revision = "2026_11_21_6_living"
down_revision = "2026_11_21_5_images"
branch_labels = None
depends_on = None

_LIVING = sa.text("deleted_at IS NULL")
# The full indexes stay: permanent deletion of an event or a ticket looks for all its attendees.
_BY = ("event_id", "ticket_id")


def upgrade() -> None:
    for column in _BY:
        name = f"ix_attendees_living_{column}_id"
        ddl.create_index(name, "attendees", [column, "id"], postgresql_where=_LIVING)


def downgrade() -> None:
    for column in _BY:
        ddl.drop_index(f"ix_attendees_living_{column}_id", "attendees")
