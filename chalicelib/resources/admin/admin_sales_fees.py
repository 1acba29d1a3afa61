"""Sales by event and the platform's revenue from fees, for staff."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.moment_field import moment
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.orders.order.states import COMPLETED
from chalicelib.resources.orders.order.statistics import money_of_event, tickets_of_event
from chalicelib.resources.policies import STAFF_READS
from chalicelib.resources.tickets.fee_rule import fee_for

_FEE = f"LEFT JOIN LATERAL ({fee_for('event.payment_currency', 'event.payment_country')}) fee ON TRUE"
_SOLD = f"CROSS JOIN LATERAL (SELECT {money_of_event('event', COMPLETED)} AS money) sold"
# A fee without a maximum is unlimited: least() ignores nulls.
_REVENUE = "round(sold.money - least(sold.money * coalesce(fee.service_fee, 0) / 100, fee.maximum_fee), 2)"


class AdminSalesFeesSchema(Schema):
    name = fields.Str()
    payment_currency = fields.Str()
    fee_percentage = fields.Float()
    maximum_fee = fields.Float()
    revenue = fields.Float(dump_only=True)
    ticket_count = fields.Int(dump_only=True)
    event_date = moment(dump_only=True)


ADMIN_SALES_FEES = Resource(
    "admin-sales-fees",
    None,
    AdminSalesFeesSchema,
    path="admin/sales/fees",
    select_sql=(
        "SELECT event.id, event.name, event.payment_currency, fee.service_fee AS fee_percentage, "  # noqa: S608 - no user input
        f"fee.maximum_fee, {_REVENUE} AS revenue, {tickets_of_event('event', COMPLETED)} AS ticket_count, "
        f"event.starts_at AS event_date FROM events event {_FEE} {_SOLD} WHERE event.deleted_at IS NULL"
    ),
    methods=frozenset({"list"}),
    policy=STAFF_READS,
)
