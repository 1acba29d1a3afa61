"""Reviews: what a reviewer says about a session in a phase: scores by criterion and a text, or an abstention.

Never visible to whoever has submitted the session, speaks at it or is invited to, whatever roles they hold.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib import clock, db
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, logged_in, staff, visible_with
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.columns import CreatedAt, FalseByDefault, FalseInDatabase
from chalicelib.resources.reviews.recorded import is_recorded, recorded_phase
from chalicelib.resources.reviews.rules import (
    REVIEWER,
    TEAM_AT_EVENT,
    active_phase,
    demand_own_reviewer,
    demand_pending,
    is_in_conflict,
    is_their_own,
    note_its_time,
    organizes,
    shown_to_reviewers,
    stay_there,
)
from chalicelib.resources.reviews.scoring import MEAN, demand_scores, given_scores

_PHASE: Final = "SELECT 1 FROM review_phases WHERE id = $1 AND event_id = $2"
_MEAN: Final = sql(
    f"(SELECT round({MEAN}::numeric, 2)::float8 FROM (SELECT ",  # noqa: S608 - a constant
    ROW["scores"],
    " AS scores) review)",
)
_BY_NAME: Final = "(SELECT person.name FROM reviewers person WHERE person.id = "


class Review(Model):
    __tablename__ = "reviews"
    text: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    scores: Mapped[list[Any]] = attr(given_scores, default=list, example=[])
    is_abstention: Mapped[FalseByDefault] = attr()
    # Whether it came with an archive, so that not the reviewer has written it here.
    is_imported: Mapped[FalseInDatabase] = attr(read_only=True)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    changed_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    event_id: Mapped[int] = owned_by("events.id")
    phase_id: Mapped[int] = owned_by("review_phases.id", index=False)
    session_id: Mapped[int] = owned_by("sessions.id")
    reviewer_id: Mapped[int] = owned_by("reviewers.id")
    # The reviewer's account, for permissions.
    user_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (UniqueConstraint("phase_id", "session_id", "reviewer_id", name="uq_reviews_reviewer"),)


class ReviewSchema(Schema):
    # From 0 to 100; see scoring.
    mean = Computed("double precision", _MEAN)
    reviewer_name = Computed("text", sql(_BY_NAME, ROW["reviewer_id"], ")"))

    event = ToOne("event", inverse="reviews", required=True, known_by="proposal", inverse_scope=TEAM_AT_EVENT)
    phase = ToOne("review-phase", inverse="reviews", read_only=True)
    proposal = ToOne("proposal", inverse="reviews", column="session_id", required=True, same_parent="event")
    reviewer = ToOne("reviewer", inverse="reviews", required=True, same_parent="event")


def review_in_the_active_phase(context: Context, change: Change) -> None:
    """By the reviewer, or entered by staff, in the active phase. Raises Problem 403 and 409."""
    row: Review = change.row
    if is_recorded(context):
        row.phase_id, row.is_imported = _recorded_phase(context, row.event_id), True
        row.user_id = demand_own_reviewer(context, row.event_id, row.reviewer_id)
        return
    phase = active_phase(context, row.event_id)
    if not phase.allows_reviews:
        raise forbidden("The active phase takes no reviews.")
    if not change.is_new:
        if row.phase_id != phase.id:
            raise conflict("The review's phase is over.")
        return
    row.phase_id, row.user_id = phase.id, demand_own_reviewer(context, row.event_id, row.reviewer_id)
    if is_in_conflict(context, row.reviewer_id, row.session_id):
        raise conflict("This reviewer has a conflict of interest about the session.", REVIEWER)
    demand_pending(context, row.session_id)


def _recorded_phase(context: Context, event_id: int) -> int:
    phase_id = recorded_phase(context)
    if phase_id is None or not db.fetch(context.session, _PHASE, [phase_id, event_id], flush=False):
        raise invalid("A review has a phase of its event.", "/data/relationships/phase")
    return phase_id


def score_what_is_asked(context: Context, change: Change) -> None:
    """Scores lie on their scales; who abstains gives none. Raises Problem 422."""
    row: Review = change.row
    row.scores = row.scores or []
    if row.is_abstention and row.scores:
        raise invalid("Who abstains gives no scores.", "/data/attributes/is-abstention")
    is_as_it_was = is_recorded(context)
    demand_scores(
        context,
        row.event_id,
        None if is_as_it_was else row.phase_id,
        row.scores,
        needs_all=not (row.is_abstention or is_as_it_was),
    )


def remove_in_the_active_phase(context: Context, change: Change) -> None:
    """A review of a phase that is over stays. Raises Problem 409."""
    if change.row.phase_id != active_phase(context, change.row.event_id).id:
        raise conflict("The review's phase is over.")


_BY_ITS_REVIEWER = (is_their_own() & visible_with("proposal")) | staff

REVIEW = Resource(
    "review",
    Review,
    ReviewSchema,
    path="reviews",
    policy=Policy(
        see=organizes() | is_their_own() | shown_to_reviewers("reviews"),
        create=logged_in & visible_with("proposal"),
        change=_BY_ITS_REVIEWER,
        remove=_BY_ITS_REVIEWER,
        materialize_ids=True,
    ),
    before_write=[
        stay_there("event", "session", "reviewer"),
        review_in_the_active_phase,
        score_what_is_asked,
        note_its_time,
    ],
    before_delete=[remove_in_the_active_phase],
    constraint_errors={
        "uq_reviews_reviewer": ("/data/relationships/proposal", "You have reviewed this session already.")
    },
)
