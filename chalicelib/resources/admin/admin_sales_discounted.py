"""Sales by discount code, for staff."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.admin.sales import sales_where
from chalicelib.resources.policies import STAFF_READS


class AdminSalesDiscountedSchema(Schema):
    code = fields.Str()
    email = fields.Str()
    event_name = fields.Str()
    payment_currency = fields.Str()
    sales = fields.Dict(dump_only=True)


ADMIN_SALES_DISCOUNTED = Resource(
    "admin-sales-discounted",
    None,
    AdminSalesDiscountedSchema,
    path="admin/sales/discounted",
    select_sql=(
        "SELECT code.id, code.code, account.email, event.name AS event_name, event.payment_currency, "  # noqa: S608 - no user input
        f"{sales_where('placed.discount_code_id = code.id')} AS sales FROM discount_codes code "
        "JOIN events event ON event.id = code.event_id "
        "LEFT JOIN users account ON account.id = code.marketer_id "
        "WHERE EXISTS (SELECT 1 FROM orders discounted WHERE discounted.discount_code_id = code.id)"
    ),
    methods=frozenset({"list"}),
    policy=STAFF_READS,
)
