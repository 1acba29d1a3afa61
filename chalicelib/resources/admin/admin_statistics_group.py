"""Number of groups, of their events, and of followers."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS

ROWS = """
SELECT 1::bigint AS id,
    (SELECT count(*) FROM groups WHERE deleted_at IS NULL) AS groups,
    (SELECT count(*) FROM events JOIN groups ON groups.id = events.group_id
    WHERE events.deleted_at IS NULL AND groups.deleted_at IS NULL) AS group_events,
    (SELECT count(*) FROM user_follow_groups JOIN groups ON groups.id = user_follow_groups.group_id
    WHERE groups.deleted_at IS NULL) AS followers
"""


class AdminStatisticsGroupSchema(Schema):
    groups = fields.Int(dump_only=True)
    group_events = fields.Int(dump_only=True)
    followers = fields.Int(dump_only=True)


ADMIN_STATISTICS_GROUP = Resource(
    "admin-statistics-group",
    None,
    AdminStatisticsGroupSchema,
    path="admin/statistics/groups",
    select_sql=ROWS,
    singleton=True,
    methods=frozenset({"read"}),
    policy=STAFF_READS,
)
