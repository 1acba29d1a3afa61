"""Sales of each event, for staff."""

from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, fields
from chalicelib.jsonapi.model.moment_field import moment
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.admin.sales import sales_where
from chalicelib.resources.orders.order.states import REPORTED
from chalicelib.resources.orders.order.statistics import money_of_event, tickets_of_event
from chalicelib.resources.policies import STAFF_READS

_TYPE = (
    "CASE WHEN event.online AND event.location_name IS NOT NULL THEN 'Hybrid' "
    "WHEN event.online THEN 'Online' WHEN event.location_name IS NOT NULL THEN 'Venue' "
    "ELSE 'To be announced' END"
)
_SUMS = ", ".join(
    f"{money_of_event('event', state)} AS {state}_order_sales, "
    f"{tickets_of_event('event', state)} AS {state}_order_tickets"
    for state in REPORTED
)
_OWNER = (
    "LEFT JOIN LATERAL (SELECT account.id, account.email FROM users_events_roles held "
    "JOIN roles ON roles.id = held.role_id AND roles.name = 'owner' "
    "JOIN users account ON account.id = held.user_id "
    "WHERE held.event_id = event.id ORDER BY held.id LIMIT 1) owner ON TRUE"
)


class AdminSalesByEventsSchema(Schema):
    identifier = fields.Str()
    name = fields.Str()
    created_at = moment()
    deleted_at = moment()
    starts_at = moment()
    ends_at = moment()
    payment_currency = fields.Str()
    payment_country = fields.Str()
    completed_order_sales = Computed("numeric", sql(ROW["completed_order_sales"]))
    placed_order_sales = Computed("numeric", sql(ROW["placed_order_sales"]))
    pending_order_sales = Computed("numeric", sql(ROW["pending_order_sales"]))
    completed_order_tickets = fields.Int(dump_only=True)
    placed_order_tickets = fields.Int(dump_only=True)
    pending_order_tickets = fields.Int(dump_only=True)
    type = fields.Str(dump_only=True)
    owner = fields.Str(dump_only=True)
    owner_id = fields.Int(dump_only=True)
    sales = fields.Dict(dump_only=True)


ADMIN_SALES_BY_EVENTS = Resource(
    "admin-sales-by-events",
    None,
    AdminSalesByEventsSchema,
    path="admin/sales/by-events",
    select_sql=(
        "SELECT event.id, event.identifier, event.name, event.created_at, event.deleted_at, "  # noqa: S608 - no user input
        "event.starts_at, event.ends_at, event.payment_currency, event.payment_country, "
        f"{_SUMS}, {_TYPE} AS type, owner.email AS owner, owner.id AS owner_id, "
        f"{sales_where('placed.event_id = event.id')} AS sales "
        f"FROM events event {_OWNER} WHERE event.deleted_at IS NULL"
    ),
    methods=frozenset({"list"}),
    policy=STAFF_READS,
)
