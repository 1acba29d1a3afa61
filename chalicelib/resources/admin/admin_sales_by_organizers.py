"""Sales by owner or organizer of events, for staff."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.moment_field import moment
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.admin.sales import sales_where
from chalicelib.resources.policies import STAFF_READS

_EVENTS_OF_EACH = (
    "SELECT held.user_id, min(event.starts_at) AS starts_at, max(event.ends_at) AS ends_at, "
    "array_agg(DISTINCT event.id) AS events FROM users_events_roles held "
    "JOIN roles ON roles.id = held.role_id AND roles.name IN ('owner', 'organizer') "
    "JOIN events event ON event.id = held.event_id AND event.deleted_at IS NULL GROUP BY held.user_id"
)


class AdminSalesByOrganizersSchema(Schema):
    first_name = fields.Str()
    last_name = fields.Str()
    email = fields.Str()
    # Begin of their first event and end of their last.
    starts_at = moment()
    ends_at = moment()
    sales = fields.Dict(dump_only=True)


ADMIN_SALES_BY_ORGANIZERS = Resource(
    "admin-sales-by-organizers",
    None,
    AdminSalesByOrganizersSchema,
    path="admin/sales/by-organizers",
    select_sql=(
        "SELECT account.id, account.first_name, account.last_name, account.email, "  # noqa: S608 - no user input
        f"theirs.starts_at, theirs.ends_at, {sales_where('placed.event_id = ANY(theirs.events)')} AS sales "
        f"FROM users account JOIN ({_EVENTS_OF_EACH}) theirs ON theirs.user_id = account.id"
    ),
    methods=frozenset({"list"}),
    policy=STAFF_READS,
)
