"""Number of accounts by kind, and of people by role at events."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS

ROWS = """
SELECT 1::bigint AS id,
    count(*) FILTER (WHERE is_super_admin) AS super_admin,
    count(*) FILTER (WHERE is_admin) AS admin,
    count(*) FILTER (WHERE is_verified) AS verified,
    count(*) FILTER (WHERE NOT is_verified) AS unverified,
    count(*) FILTER (WHERE 'owner' = ANY(roles)) AS owner,
    count(*) FILTER (WHERE 'organizer' = ANY(roles)) AS organizer,
    count(*) FILTER (WHERE 'coorganizer' = ANY(roles)) AS coorganizer,
    count(*) FILTER (WHERE 'attendee' = ANY(roles)) AS attendee,
    count(*) FILTER (WHERE 'track_organizer' = ANY(roles)) AS track_organizer
FROM (
    SELECT users.is_super_admin, users.is_admin, users.is_verified, ARRAY(
        SELECT roles.name FROM users_events_roles held
        JOIN roles ON roles.id = held.role_id JOIN events ON events.id = held.event_id
        WHERE held.user_id = users.id AND events.deleted_at IS NULL
    ) AS roles
    FROM users WHERE users.deleted_at IS NULL
) counted
"""


class AdminStatisticsUserSchema(Schema):
    super_admin = fields.Int(dump_only=True)
    admin = fields.Int(dump_only=True)
    verified = fields.Int(dump_only=True)
    unverified = fields.Int(dump_only=True)
    owner = fields.Int(dump_only=True)
    organizer = fields.Int(dump_only=True)
    coorganizer = fields.Int(dump_only=True)
    attendee = fields.Int(dump_only=True)
    track_organizer = fields.Int(dump_only=True)


ADMIN_STATISTICS_USER = Resource(
    "admin-statistics-user",
    None,
    AdminStatisticsUserSchema,
    path="admin/statistics/users",
    select_sql=ROWS,
    singleton=True,
    methods=frozenset({"read"}),
    policy=STAFF_READS,
)
