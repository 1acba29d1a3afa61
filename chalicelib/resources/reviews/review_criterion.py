"""Review criteria: what reviewers score, on which scale, and how much it weighs."""

from typing import Final

from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.columns import FalseByDefault, perhaps_owned_by
from chalicelib.resources.reviews.rules import TEAM, TEAM_AT_EVENT, seen_by_reviewers, stay_there

_MOST: Final = 1000
_SCORED: Final = """
SELECT 1 FROM reviews review, jsonb_to_recordset(review.scores) AS given(criterion bigint, score float)
 WHERE review.event_id = $1 AND given.criterion = $2
   AND ($3::float IS NULL OR given.score < $3 OR given.score > $4) LIMIT 1
"""


class ReviewCriterion(Model):
    __tablename__ = "review_criteria"
    name: Mapped[str] = attr(fields.Line, required=True)
    description: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    weight: Mapped[float] = attr(minimum=0, maximum=_MOST, default=1.0)
    minimum: Mapped[float] = attr(minimum=-_MOST, maximum=_MOST, default=1.0)
    maximum: Mapped[float] = attr(minimum=-_MOST, maximum=_MOST, default=5.0, example=5)
    is_required: Mapped[FalseByDefault] = attr()
    position: Mapped[int | None] = attr(default=0)
    event_id: Mapped[int] = owned_by("events.id")
    phase_id: Mapped[int | None] = perhaps_owned_by("review_phases.id")


class ReviewCriterionSchema(Schema):
    event = ToOne("event", inverse="review-criteria", required=True, inverse_scope=TEAM_AT_EVENT)
    # Without one it is for all phases of the event.
    phase = ToOne("review-phase", inverse="criteria", same_parent="event")


def keep_scores_on_the_scale(context: Context, change: Change) -> None:
    """A scale has a length, and all scores that were given lie on it. Raises Problem 409 and 422."""
    row = change.row
    lowest = 1.0 if row.minimum is None else row.minimum
    highest = 5.0 if row.maximum is None else row.maximum
    if highest <= lowest:
        raise invalid("The maximum is more than the minimum.", "/data/attributes/maximum")
    if not {"minimum", "maximum"} & change.before.keys():
        return
    # Reviewers lock the criteria that they score.
    db.fetch(
        context.session, "SELECT id FROM review_criteria WHERE id = $1 FOR UPDATE", [row.id], flush=False
    )
    if db.fetch(context.session, _SCORED, [row.event_id, row.id, lowest, highest], flush=False):
        raise conflict("There are scores outside of this scale.", "/data/attributes/maximum")


def keep_what_was_scored(context: Context, change: Change) -> None:
    """A criterion that was scored stays. Raises Problem 409."""
    if db.fetch(context.session, _SCORED, [change.row.event_id, change.row.id, None, None]):
        raise conflict("It was scored already: give it the weight 0 instead.")


REVIEW_CRITERION = Resource(
    "review-criterion",
    ReviewCriterion,
    ReviewCriterionSchema,
    path="review-criteria",
    policy=Policy(
        see=TEAM | seen_by_reviewers("review_criteria"),
        create=TEAM,
        change=TEAM,
        remove=TEAM,
        materialize_ids=True,
    ),
    before_write=[stay_there("event"), keep_scores_on_the_scale],
    before_delete=[keep_what_was_scored],
)
