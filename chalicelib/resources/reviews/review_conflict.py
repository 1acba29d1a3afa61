"""Conflicts of interest that are declared: the reviewer is never assigned to the session, nor sees it, again.

Declared by the reviewer, or entered by an organizer, who alone takes it back.
"""

from typing import Final

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, logged_in, visible_with
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.reviews.rules import TEAM, TEAM_AT_EVENT, demand_own_reviewer

_UNASSIGN: Final = "DELETE FROM review_assignments WHERE reviewer_id = $1 AND session_id = $2"


class ReviewConflict(Model):
    __tablename__ = "review_conflicts"
    reason: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    event_id: Mapped[int] = owned_by("events.id")
    session_id: Mapped[int] = owned_by("sessions.id")
    reviewer_id: Mapped[int] = owned_by("reviewers.id", index=False)

    __table_args__ = (UniqueConstraint("reviewer_id", "session_id", name="uq_review_conflicts_session"),)


class ReviewConflictSchema(Schema):
    event = ToOne(
        "event", inverse="review-conflicts", required=True, known_by="proposal", inverse_scope=TEAM_AT_EVENT
    )
    proposal = ToOne("proposal", inverse="conflicts", column="session_id", required=True, same_parent="event")
    reviewer = ToOne("reviewer", inverse="conflicts", required=True, same_parent="event")


def declare_ones_own(context: Context, change: Change) -> None:
    """Others than organizers declare their own. Raises Problem 403 and 409."""
    demand_own_reviewer(context, change.row.event_id, change.row.reviewer_id, COORGANIZERS)


def take_the_assignment_away(context: Context, change: Change) -> None:
    """The session is not assigned to the reviewer any more."""
    db.fetch(context.session, _UNASSIGN, [change.row.reviewer_id, change.row.session_id])


REVIEW_CONFLICT = Resource(
    "review-conflict",
    ReviewConflict,
    ReviewConflictSchema,
    path="review-conflicts",
    methods=EVERYTHING - {"update"},
    policy=Policy(
        see=visible_with("reviewer"),
        create=logged_in & visible_with("reviewer") & visible_with("proposal"),
        change=TEAM,
        remove=TEAM,
    ),
    before_write=[declare_ones_own],
    after_write=[take_the_assignment_away],
    constraint_errors={
        "uq_review_conflicts_session": (
            "/data/relationships/proposal",
            "This conflict of interest was declared already.",
        )
    },
)
