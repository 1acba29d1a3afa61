"""Number of events: drafts, published, and past."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS

ROWS = """
SELECT 1::bigint AS id,
    count(*) FILTER (WHERE state = 'draft' AND ends_at >= now()) AS draft,
    count(*) FILTER (WHERE state = 'published' AND ends_at >= now()) AS published,
    count(*) FILTER (WHERE ends_at < now()) AS past
FROM events WHERE deleted_at IS NULL
"""


class AdminStatisticsEventSchema(Schema):
    draft = fields.Int(dump_only=True)
    published = fields.Int(dump_only=True)
    past = fields.Int(dump_only=True)


ADMIN_STATISTICS_EVENT = Resource(
    "admin-statistics-event",
    None,
    AdminStatisticsEventSchema,
    path="admin/statistics/events",
    select_sql=ROWS,
    singleton=True,
    methods=frozenset({"read"}),
    policy=STAFF_READS,
)
