"""Number of sessions by state. The state "submitted" is always 0."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS

ROWS = """
SELECT 1::bigint AS id,
    count(*) FILTER (WHERE sessions.state = 'draft') AS draft,
    count(*) FILTER (WHERE sessions.state = 'submitted') AS submitted,
    count(*) FILTER (WHERE sessions.state = 'accepted') AS accepted,
    count(*) FILTER (WHERE sessions.state = 'confirmed') AS confirmed,
    count(*) FILTER (WHERE sessions.state = 'pending') AS pending,
    count(*) FILTER (WHERE sessions.state = 'rejected') AS rejected
FROM sessions JOIN events ON events.id = sessions.event_id
WHERE sessions.deleted_at IS NULL AND events.deleted_at IS NULL
"""


class AdminStatisticsSessionSchema(Schema):
    draft = fields.Int(dump_only=True)
    submitted = fields.Int(dump_only=True)
    accepted = fields.Int(dump_only=True)
    confirmed = fields.Int(dump_only=True)
    pending = fields.Int(dump_only=True)
    rejected = fields.Int(dump_only=True)


ADMIN_STATISTICS_SESSION = Resource(
    "admin-statistics-session",
    None,
    AdminStatisticsSessionSchema,
    path="admin/statistics/sessions",
    select_sql=ROWS,
    singleton=True,
    methods=frozenset({"read"}),
    policy=STAFF_READS,
)
