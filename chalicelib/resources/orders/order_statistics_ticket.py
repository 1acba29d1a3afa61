"""Order statistics of a ticket: number sold and revenue, by state."""

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.model.fields import Schema, ToOne, fields
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.orders.order.statistics import COUNTED, by_state, tickets_of
from chalicelib.resources.policies import has_role

_TICKETS = by_state("sum(placed.tickets)", tickets_of("ticket", "ticket_id"))
_LINES = (
    "orders_tickets line JOIN orders placed ON placed.id = line.order_id "
    f"WHERE line.ticket_id = ticket.id AND placed.event_id = ticket.event_id AND {COUNTED}"
)
_ORDERS = by_state("count(*)", _LINES)
# What was exchanged for another ticket is sold by that alone.
_GIVEN = (
    "(SELECT count(*) FROM ticket_exchanges swap JOIN attendees former ON former.id = swap.attendee_id "
    "WHERE swap.order_id = line.order_id AND swap.completed_at IS NOT NULL "
    "AND former.ticket_id = line.ticket_id)"
)
_SALES = by_state(f"sum((line.quantity - {_GIVEN}) * line.price)", _LINES)


class OrderStatisticsTicketSchema(Schema):
    identifier = fields.Str()
    tickets = fields.Dict(dump_only=True)
    orders = fields.Dict(dump_only=True)
    sales = fields.Dict(dump_only=True)
    ticket = ToOne(
        "ticket",
        inverse="order-statistics",
        inverse_many=False,
        read_only=True,
        inverse_scope=has_role(COORGANIZERS),
    )


ORDER_STATISTICS_TICKET = Resource(
    "order-statistics-ticket",
    None,
    OrderStatisticsTicketSchema,
    path="ticket-order-statistics",
    select_sql=(
        f"SELECT ticket.id, ticket.id AS ticket_id, ticket.id::text AS identifier, {_TICKETS} AS tickets, "  # noqa: S608 - no user input
        f"{_ORDERS} AS orders, {_SALES} AS sales FROM tickets ticket WHERE ticket.deleted_at IS NULL"
    ),
    methods=frozenset({"read"}),
    policy=Policy(see=has_role(COORGANIZERS, "ticket.event"), create=nobody, change=nobody, remove=nobody),
)
