"""Sales at each place where events are held, for staff."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.admin.sales import sales_where
from chalicelib.resources.policies import STAFF_READS

_SALES = sales_where(
    "placed.event_id IN (SELECT there.id FROM events there "
    "WHERE there.location_name = place.location_name AND there.deleted_at IS NULL)"
)
# The place's name is the id, which goes into the JSON text as it is: so it is escaped here.
_ID = "substr(to_json(place.location_name)::text, 2, length(to_json(place.location_name)::text) - 2)"


class AdminSalesByLocationSchema(Schema):
    location_name = fields.Str()
    sales = fields.Dict(dump_only=True)


ADMIN_SALES_BY_LOCATION = Resource(
    "admin-sales-by-location",
    None,
    AdminSalesByLocationSchema,
    path="admin/sales/by-location",
    select_sql=(
        f"SELECT {_ID} AS id, place.location_name, {_SALES} AS sales "  # noqa: S608 - no user input
        "FROM (SELECT DISTINCT location_name FROM events "
        "WHERE location_name IS NOT NULL AND deleted_at IS NULL) place"
    ),
    methods=frozenset({"list"}),
    policy=STAFF_READS,
)
