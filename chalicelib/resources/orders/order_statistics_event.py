"""Order statistics of an event: how many tickets and orders, and how much money, by state."""

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.fields import Schema, ToOne, fields
from chalicelib.jsonapi.policy import Policy, holds, nobody
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.orders.statistics import by_state

_CAPACITY = (
    "(SELECT coalesce(sum(offered.quantity), 0) FROM tickets offered "
    "WHERE offered.event_id = event.id AND offered.deleted_at IS NULL)"
)
_TICKETS = by_state(
    "count(*)",
    "attendees person JOIN orders placed ON placed.id = person.order_id "
    "WHERE person.event_id = event.id AND person.deleted_at IS NULL",
    max=_CAPACITY,
)
_ORDERS = by_state("count(*)", "orders placed WHERE placed.event_id = event.id")
_SALES = by_state("sum(placed.amount)", "orders placed WHERE placed.event_id = event.id")


class OrderStatisticsEventSchema(Schema):
    identifier = fields.Str()
    tickets = fields.Dict(dump_only=True)
    orders = fields.Dict(dump_only=True)
    sales = fields.Dict(dump_only=True)
    event = ToOne(
        "event",
        inverse="order-statistics",
        inverse_many=False,
        read_only=True,
        inverse_scope=holds(COORGANIZERS, "id"),
    )


ORDER_STATISTICS_EVENT = Resource(
    "order-statistics-event",
    None,
    OrderStatisticsEventSchema,
    path="event-order-statistics",
    rows=(
        f"SELECT event.id, event.id AS event_id, event.identifier, {_TICKETS} AS tickets, "  # noqa: S608 - no user input
        f"{_ORDERS} AS orders, {_SALES} AS sales FROM events event WHERE event.deleted_at IS NULL"
    ),
    offers=frozenset({"read"}),
    policy=Policy(see=holds(COORGANIZERS), create=nobody, change=nobody, remove=nobody),
)
