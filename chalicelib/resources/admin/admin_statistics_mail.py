"""Number of emails sent recently."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_READS

ROWS = """
SELECT 1::bigint AS id,
    count(*) FILTER (WHERE time > now() - interval '1 days') AS one_day,
    count(*) FILTER (WHERE time > now() - interval '3 days') AS three_days,
    count(*) FILTER (WHERE time > now() - interval '7 days') AS seven_days,
    count(*) FILTER (WHERE time > now() - interval '30 days') AS thirty_days
FROM mails
"""


class AdminStatisticsMailSchema(Schema):
    one_day = fields.Int(dump_only=True)
    three_days = fields.Int(dump_only=True)
    seven_days = fields.Int(dump_only=True)
    thirty_days = fields.Int(dump_only=True)


ADMIN_STATISTICS_MAIL = Resource(
    "admin-statistics-mail",
    None,
    AdminStatisticsMailSchema,
    path="admin/statistics/mails",
    select_sql=ROWS,
    singleton=True,
    methods=frozenset({"read"}),
    policy=STAFF_READS,
)
