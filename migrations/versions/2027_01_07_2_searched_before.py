"""Attendees from before are found by misspelt names, too."""

from chalicelib import ddl

revision = "2027_01_07_2_searched_before"
down_revision = "2027_01_07_1_searched_names"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.insert_in_batches(
        "attendee_search_keys",
        {
            "attendee_id": "id",
            "keys": "coalesce(search_keys(event_id, firstname, lastname, email), '{}')",
        },
        "attendees",
        "coalesce(firstname, lastname, email) IS NOT NULL",
    )


def downgrade() -> None:
    """There is nothing to take back: the keys go with their table."""
