"""Review comments: the discussion of a session among its reviewers and the event's organizers."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Mapped

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, logged_in, staff, visible_with
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.reviews.rules import (
    TEAM_AT_EVENT,
    active_phase,
    is_their_own,
    note_its_time,
    organizes,
    shown_to_reviewers,
    stay_there,
)

_BY: Final = sql(
    "coalesce((SELECT person.name FROM reviewers person WHERE person.event_id = ",
    *(ROW["event_id"], " AND person.user_id = ", ROW["user_id"], "), CASE WHEN NOT EXISTS ("),
    *("SELECT FROM reviewers person WHERE person.event_id = ", ROW["event_id"]),
    *(" AND person.user_id = ", ROW["user_id"], ") THEN 'The organizers' END)"),
)


class ReviewComment(Model):
    __tablename__ = "review_comments"
    text: Mapped[str] = attr(required=True, max_length=LONGEST_ANSWER)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    changed_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    event_id: Mapped[int] = owned_by("events.id")
    session_id: Mapped[int] = owned_by("sessions.id")
    user_id: Mapped[int | None] = linked_to("users.id")


class ReviewCommentSchema(Schema):
    author_name = Computed("text", _BY)

    event = ToOne(
        "event", inverse="review-comments", required=True, known_by="proposal", inverse_scope=TEAM_AT_EVENT
    )
    proposal = ToOne(
        "proposal", inverse="review-comments", column="session_id", required=True, same_parent="event"
    )


def discuss_where_that_is_on(context: Context, change: Change) -> None:
    """Organizers always comment, reviewers in a phase that allows it. Raises Problem 403 and 409."""
    row: ReviewComment = change.row
    if change.is_new:
        row.user_id = context.viewer.id
    demand_discussion(context, row.event_id)


def demand_discussion(context: Context, event_id: int) -> None:
    """Raise Problem 403 for others than reviewers, or where the phase has no discussion, and 409 without a
    phase.
    """
    if context.viewer.has_role(COORGANIZERS, event_id):
        return
    if not active_phase(context, event_id).allows_discussion:
        raise forbidden("The active phase has no discussion.")


def remove_while_it_is_discussed(context: Context, change: Change) -> None:
    """As for writing one."""
    demand_discussion(context, change.row.event_id)


_BY_ITS_AUTHOR = (is_their_own() & visible_with("proposal")) | staff
_BY_AN_ORGANIZER = organizes()

REVIEW_COMMENT = Resource(
    "review-comment",
    ReviewComment,
    ReviewCommentSchema,
    path="review-comments",
    policy=Policy(
        see=_BY_AN_ORGANIZER | is_their_own() | shown_to_reviewers("review_comments"),
        create=logged_in & visible_with("proposal"),
        change=_BY_ITS_AUTHOR,
        remove=_BY_ITS_AUTHOR | _BY_AN_ORGANIZER,
        materialize_ids=True,
    ),
    before_write=[stay_there("event", "session"), discuss_where_that_is_on, note_its_time],
    before_delete=[remove_while_it_is_discussed],
)
