"""Backfill: older orders get the currency of their event, and ticket sales end with the event.

Names of tickets in older orders are stored when a ticket is renamed.
"""

from chalicelib import ddl

revision = "2026_11_28_6_doors_filled"
down_revision = "2026_11_28_6_doors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.update_in_batches(
        "orders",
        "currency = (SELECT event.payment_currency FROM events event WHERE event.id = orders.event_id)",
        "currency IS NULL AND EXISTS (SELECT FROM events event WHERE event.id = orders.event_id "
        "AND event.payment_currency IS NOT NULL)",
    )
    ddl.update_in_batches(
        "tickets",
        "sales_ends_at = (SELECT event.ends_at FROM events event WHERE event.id = tickets.event_id)",
        "EXISTS (SELECT FROM events event WHERE event.id = tickets.event_id "
        "AND tickets.sales_ends_at > event.ends_at AND tickets.sales_starts_at < event.ends_at)",
    )


def downgrade() -> None:
    """There is nothing to take back: what was filled in goes with the columns."""
