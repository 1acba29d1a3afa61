"""SQL of sales reports for staff: money and tickets by order state."""

from typing import Final

from chalicelib.resources.orders.order.states import REPORTED
from chalicelib.resources.orders.order.statistics import COUNTED


def sales_where(condition: str) -> str:
    """SQL: {state: {sales_total, ticket_count}} over the orders (alias `placed`) that meet the condition."""
    members = ", ".join(
        f"'{state}', jsonb_build_object("
        f"'sales_total', coalesce(sum(sold.amount) FILTER (WHERE sold.status = '{state}'), 0), "
        f"'ticket_count', coalesce(sum(sold.tickets) FILTER (WHERE sold.status = '{state}'), 0))"
        for state in REPORTED
    )
    return (
        f"(SELECT jsonb_build_object({members}) FROM (SELECT placed.status, placed.amount, "  # noqa: S608 - no user input
        f"({TICKETS_OF_ORDER}) AS tickets FROM orders placed WHERE ({condition}) AND {COUNTED}) sold)"
    )


TICKETS_OF_ORDER: Final = (
    "SELECT count(*) FROM attendees person WHERE person.order_id = placed.id AND person.deleted_at IS NULL"
)
