"""Order statistics of an event: tickets, orders and revenue, by state."""

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.model.fields import Schema, ToOne, fields
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.orders.order.statistics import COUNTED, SOLD, by_state, moved_of, tickets_of
from chalicelib.resources.policies import has_role

# Number for sale: the tickets' quantities, limited by the capacity of a shared pool.
_CAPACITY = (
    "(SELECT coalesce(sum(shared.places), 0) FROM ("
    "SELECT CASE WHEN bool_or(offered.quantity IS NULL) THEN min(pool.quantity) "
    "ELSE least(min(pool.quantity), sum(offered.quantity)) END AS places "
    "FROM tickets offered LEFT JOIN ticket_pools pool ON pool.id = offered.pool_id "
    "WHERE offered.event_id = event.id AND offered.deleted_at IS NULL "
    "GROUP BY offered.pool_id, CASE WHEN offered.pool_id IS NULL THEN offered.id END) shared)"
)
_TICKETS = by_state("sum(placed.tickets)", tickets_of("event", "event_id"), max=_CAPACITY)
_PLACED = f"orders placed WHERE placed.event_id = event.id AND {COUNTED}"
_ORDERS = by_state("count(*)", _PLACED)
_SALES = by_state(
    f"sum({SOLD})", f"orders placed {moved_of('event.id')} WHERE placed.event_id = event.id AND {COUNTED}"
)


class OrderStatisticsEventSchema(Schema):
    identifier = fields.Str()
    tickets = fields.Dict(dump_only=True)
    orders = fields.Dict(dump_only=True)
    sales = fields.Dict(dump_only=True)
    event = ToOne(
        "event",
        inverse="order-statistics",
        inverse_many=False,
        inverse_or_404=True,
        read_only=True,
        inverse_scope=has_role(COORGANIZERS, "id"),
    )


ORDER_STATISTICS_EVENT = Resource(
    "order-statistics-event",
    None,
    OrderStatisticsEventSchema,
    path="event-order-statistics",
    select_sql=(
        f"SELECT event.id, event.id AS event_id, event.identifier, {_TICKETS} AS tickets, "  # noqa: S608 - no user input
        f"{_ORDERS} AS orders, {_SALES} AS sales FROM events event WHERE event.deleted_at IS NULL"
    ),
    methods=frozenset({"read"}),
    policy=Policy(see=has_role(COORGANIZERS), create=nobody, change=nobody, remove=nobody),
)
