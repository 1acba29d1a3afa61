"""Sales by marketer, for staff."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.admin.sales import sales_where
from chalicelib.resources.policies import STAFF_READS


class AdminSalesByMarketerSchema(Schema):
    fullname = fields.Str()
    email = fields.Str()
    sales = fields.Dict(dump_only=True)


ADMIN_SALES_BY_MARKETER = Resource(
    "admin-sales-by-marketer",
    None,
    AdminSalesByMarketerSchema,
    path="admin/sales/by-marketer",
    select_sql=(
        "SELECT account.id, nullif(concat_ws(' ', account.first_name, account.last_name), '') AS fullname, "  # noqa: S608 - no user input
        f"account.email, {sales_where('placed.marketer_id = account.id')} AS sales FROM users account "
        "WHERE EXISTS (SELECT 1 FROM orders brought WHERE brought.marketer_id = account.id)"
    ),
    methods=frozenset({"list"}),
    policy=STAFF_READS,
)
