"""Scores: a list of {criterion, score}, and the weighted mean of one review in SQL.

Scales may differ, so each score counts by its place on its scale: 0 is the minimum, 100 the maximum.
"""

from typing import Any, Final

from marshmallow import ValidationError

from chalicelib import db
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields, validate

_POINTER: Final = "/data/attributes/scores"
_MOST: Final = 50


class GivenScore(Schema):
    """The score for one criterion."""

    criterion = fields.Int(required=True, strict=True)
    score = fields.Float(required=True, allow_nan=False)


def _once_each(scores: Any) -> None:
    if len({given["criterion"] for given in scores}) < len(scores):
        raise ValidationError("A criterion is scored once.")


def given_scores(**options: Any) -> fields.List[Any]:
    """Scores by criterion."""
    return fields.List(
        fields.Nested(GivenScore), validate=validate.And(validate.Length(max=_MOST), _once_each), **options
    )


# SQL: the weighted mean of `review.scores`, from 0 to 100; null where none counts.
MEAN: Final = (
    "(SELECT 100 * sum(criterion.weight * (given.score - criterion.minimum) "
    "/ (criterion.maximum - criterion.minimum)) / nullif(sum(criterion.weight), 0) "
    "FROM jsonb_to_recordset(review.scores) AS given(criterion bigint, score double precision) "
    "JOIN review_criteria criterion ON criterion.id = given.criterion)"
)


_CRITERIA: Final = """
SELECT id, name, minimum, maximum, is_required FROM review_criteria
 WHERE event_id = $1 AND (phase_id IS NULL OR phase_id = coalesce($2::bigint, phase_id)) ORDER BY id FOR SHARE
"""


def demand_scores(
    context: Context, event_id: int, phase_id: int | None, scores: list[Any], *, needs_all: bool
) -> None:
    """Raise Problem 422 for a score of no criterion of the phase, one off its scale, or, with `needs_all`, a
    required criterion without one. Without a phase, criteria of all phases of the event count.
    """
    criteria = {
        id: more for id, *more in db.fetch(context.session, _CRITERIA, [event_id, phase_id], flush=False)
    }
    for position, given in enumerate(scores):
        criterion = criteria.get(given["criterion"])
        if criterion is None:
            raise invalid("The phase has no such criterion.", f"{_POINTER}/{position}/criterion")
        name, lowest, highest, _ = criterion
        if not lowest <= given["score"] <= highest:
            raise invalid(f"{name}: from {lowest:g} to {highest:g}.", f"{_POINTER}/{position}/score")
    scored = {given["criterion"] for given in scores}
    missing = [more[0] for id, more in criteria.items() if more[3] and id not in scored]
    if needs_all and missing:
        raise invalid(f"Required: {', '.join(missing)}.", _POINTER)
