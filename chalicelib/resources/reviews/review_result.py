"""Review results of sessions, for organizers: how many reviews, the weighted mean, and the spread.

They are those of the latest phase in which the session was reviewed. Abstentions count for themselves, and
reviews by somebody who has a conflict of interest by now do not count.
"""

from typing import Final

from chalicelib.jsonapi.model.fields import Schema, ToOne, fields
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.reviews.rules import IN_CONFLICT, TEAM, TEAM_AT_EVENT, organizes
from chalicelib.resources.reviews.scoring import MEAN

RESULTS: Final = (
    "SELECT talk.id, talk.id AS session_id, talk.event_id, latest.phase_id, "  # noqa: S608 - texts of this file
    "summary.reviews, summary.abstentions, round(summary.mean::numeric, 2)::float8 AS mean, "
    "round(summary.spread::numeric, 2)::float8 AS spread "
    "FROM sessions talk LEFT JOIN LATERAL (SELECT phase.id AS phase_id FROM reviews given "
    "JOIN review_phases phase ON phase.id = given.phase_id WHERE given.session_id = talk.id "
    "ORDER BY phase.opens_at DESC LIMIT 1) latest ON TRUE "
    "CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE NOT given.is_abstention)::int AS reviews, "
    "count(*) FILTER (WHERE given.is_abstention)::int AS abstentions, "
    "avg(given.mean) AS mean, stddev_pop(given.mean) AS spread "
    f"FROM (SELECT review.is_abstention, {MEAN} AS mean FROM reviews review "
    "JOIN reviewers person ON person.id = review.reviewer_id "
    f"WHERE review.session_id = talk.id AND review.phase_id = latest.phase_id AND NOT {IN_CONFLICT}) given"
    ") summary WHERE talk.deleted_at IS NULL AND talk.state <> 'draft'"
)


class ReviewResultSchema(Schema):
    reviews = fields.Int(dump_only=True)
    abstentions = fields.Int(dump_only=True)
    # From 0 to 100; the spread is the standard deviation of the reviews (population).
    mean = fields.Float(dump_only=True)
    spread = fields.Float(dump_only=True)

    event = ToOne("event", inverse="review-results", read_only=True, inverse_scope=TEAM_AT_EVENT)
    session = ToOne(
        "session", inverse="review-result", inverse_many=False, read_only=True, inverse_scope=TEAM
    )
    phase = ToOne("review-phase", read_only=True)


REVIEW_RESULT = Resource(
    "review-result",
    None,
    ReviewResultSchema,
    path="review-results",
    select_sql=RESULTS,
    methods=frozenset({"list", "read"}),
    policy=Policy(see=organizes("id"), create=nobody, change=nobody, remove=nobody),
)
