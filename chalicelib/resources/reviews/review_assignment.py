"""Review assignments: which reviewer reviews which session in a phase, by hand or proposed automatically."""

from typing import Final

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.limits.limit import Exempt
from chalicelib.resources.columns import CreatedAt, FalseByDefault
from chalicelib.resources.reviews.recorded import is_recorded
from chalicelib.resources.reviews.rules import (
    REVIEWER,
    TEAM_AT_EVENT,
    demand_own_reviewer,
    demand_pending,
    is_in_conflict,
    is_their_own,
    organizes,
)

_LOAD: Final = """
SELECT person.load_limit, (SELECT count(*) FROM review_assignments other
                            WHERE other.reviewer_id = person.id AND other.phase_id = $2)
  FROM reviewers person WHERE person.id = $1
"""
_IS_OVER: Final = "SELECT 1 FROM review_phases WHERE id = $1 AND closes_at <= now()"


class ReviewAssignment(Model):
    __tablename__ = "review_assignments"
    is_automatic: Mapped[FalseByDefault] = attr(read_only=True)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    # Whether its reviewer was told, or is by a mail that is on its way.
    is_told: Mapped[bool] = mapped_column(server_default=text("true"))
    event_id: Mapped[int] = owned_by("events.id")
    phase_id: Mapped[int] = owned_by("review_phases.id", index=False)
    session_id: Mapped[int] = owned_by("sessions.id")
    reviewer_id: Mapped[int] = owned_by("reviewers.id")
    # The reviewer's account, for permissions.
    user_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (
        UniqueConstraint("phase_id", "session_id", "reviewer_id", name="uq_review_assignments_reviewer"),
    )


class ReviewAssignmentSchema(Schema):
    event = ToOne("event", inverse="review-assignments", required=True, inverse_scope=TEAM_AT_EVENT)
    phase = ToOne("review-phase", inverse="assignments", required=True, same_parent="event")
    proposal = ToOne(
        "proposal", inverse="assignments", column="session_id", required=True, same_parent="event"
    )
    reviewer = ToOne("reviewer", inverse="assignments", required=True, same_parent="event")


def assign_who_may_review(context: Context, change: Change) -> None:
    """A reviewer who has accepted, has no conflict of interest, and room for another one.

    Raises Problem 409. The reviewer is locked, so that two at once neither exceed the load nor miss a
    conflict that is declared meanwhile.
    """
    row: ReviewAssignment = change.row
    if not change.is_new:
        return
    row.is_told = is_recorded(context)
    if row.is_told:  # whoever has come into conflict since loses sight of it anyway
        row.user_id = demand_own_reviewer(context, row.event_id, row.reviewer_id)
        return
    if db.fetch(context.session, _IS_OVER, [row.phase_id], flush=False):
        raise conflict("The phase is over.", "/data/relationships/phase")
    demand_pending(context, row.session_id)
    row.user_id = demand_own_reviewer(context, row.event_id, row.reviewer_id, COORGANIZERS)
    if is_in_conflict(context, row.reviewer_id, row.session_id):
        raise conflict("This reviewer has a conflict of interest about the session.", REVIEWER)
    values = [row.reviewer_id, row.phase_id]
    limit, load = db.fetch(context.session, _LOAD, values, flush=False)[0]
    if limit is not None and load >= limit:
        raise conflict(f"This reviewer takes {limit} sessions in a phase at most.", REVIEWER)


_BY_ORGANIZERS = organizes()

REVIEW_ASSIGNMENT = Resource(
    "review-assignment",
    ReviewAssignment,
    ReviewAssignmentSchema,
    path="review-assignments",
    methods=EVERYTHING - {"update"},
    policy=Policy(
        see=_BY_ORGANIZERS | is_their_own(),
        create=_BY_ORGANIZERS,
        change=_BY_ORGANIZERS,
        remove=_BY_ORGANIZERS,
        materialize_ids=True,
    ),
    before_write=[assign_who_may_review],
    limited_by=(Exempt("mails who has accepted to review, once for what is assigned within minutes"),),
    constraint_errors={
        "uq_review_assignments_reviewer": (REVIEWER, "The session is assigned to this reviewer already.")
    },
)
