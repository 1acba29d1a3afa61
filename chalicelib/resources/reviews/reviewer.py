"""Reviewers of an event: invited by email, and no part of its team; they see proposals, and no more."""

from typing import Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy, is_owner
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.limits.declared import INVITES
from chalicelib.resources.columns import CreatedAt, TrueByDefault
from chalicelib.resources.policies import owns_email
from chalicelib.resources.reviews.rules import TEAM, TEAM_AT_EVENT, stay_there
from chalicelib.resources.value_fields import EmailAddress

PENDING: Final = "pending"
ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
_EMAIL: Final = "/data/attributes/email"
MOST_LOAD: Final = 1000


class Reviewer(Model):
    __tablename__ = "reviewers"
    email: Mapped[str] = attr(EmailAddress, required=True, change_example=False)
    # What organizers and other reviewers call them.
    name: Mapped[str | None] = attr(fields.Line)
    status: Mapped[str] = attr(choices=[PENDING, ACCEPTED, DECLINED], read_only=True, default=PENDING)
    is_active: Mapped[TrueByDefault] = attr()
    # The most assignments in one phase.
    load_limit: Mapped[int | None] = attr(minimum=0, maximum=MOST_LOAD)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    event_id: Mapped[int] = owned_by("events.id", index=False)
    team_id: Mapped[int | None] = linked_to("review_teams.id")
    # Who has accepted the invitation.
    user_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (
        Index("uq_reviewers_email", "event_id", text("lower(email)"), unique=True),
        Index("ix_reviewers_email", text("lower(email)")),
        Index("uq_reviewers_user", "event_id", "user_id", unique=True),
    )


class ReviewerSchema(Schema):
    event = ToOne("event", inverse="reviewers", required=True, inverse_scope=TEAM_AT_EVENT)
    team = ToOne("review-team", inverse="reviewers", same_parent="event")
    user = ToOne("user", read_only=True)


def keep_who_was_invited(_context: Context, change: Change) -> None:
    """The address is that of the invitation. Raises Problem 403."""
    if "email" in change.before:
        raise forbidden("Invite the other person instead.", _EMAIL)


def keep_reviews(context: Context, change: Change) -> None:
    """Who has reviewed is made inactive instead. Raises Problem 409."""
    if db.fetch(context.session, "SELECT 1 FROM reviews WHERE reviewer_id = $1 LIMIT 1", [change.row.id]):
        raise conflict("There are reviews by this reviewer: set is-active to false instead.")


REVIEWER = Resource(
    "reviewer",
    Reviewer,
    ReviewerSchema,
    path="reviewers",
    limited_by=INVITES,
    policy=Policy(
        see=TEAM | is_owner("user_id") | owns_email("email"),
        create=TEAM,
        change=TEAM,
        remove=TEAM,
        materialize_ids=True,
    ),
    before_write=[stay_there("event"), keep_who_was_invited],
    before_delete=[keep_reviews],
    constraint_errors={
        "uq_reviewers_email": (_EMAIL, "This address is invited to review already."),
        "uq_reviewers_user": ("/data", "You review for this event already, by another address."),
    },
)
