"""Invoices that the platform has sent to organizers, for staff."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.moment_field import moment
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS


class AdminSalesInvoicesSchema(Schema):
    identifier = fields.Str()
    status = fields.Str()
    amount = fields.Float()
    created_at = moment()
    completed_at = moment()
    event_name = fields.Str(dump_only=True)
    sent_to = fields.Str(dump_only=True)


ADMIN_SALES_INVOICES = Resource(
    "admin-sales-invoices",
    None,
    AdminSalesInvoicesSchema,
    path="admin/sales/invoices",
    select_sql=(
        "SELECT invoice.id, invoice.identifier, invoice.status, invoice.amount, invoice.created_at, "
        "invoice.completed_at, event.name AS event_name, account.email AS sent_to "
        "FROM event_invoices invoice JOIN events event ON event.id = invoice.event_id "
        "LEFT JOIN users account ON account.id = invoice.user_id WHERE invoice.deleted_at IS NULL"
    ),
    methods=frozenset({"list"}),
    policy=STAFF_READS,
)
