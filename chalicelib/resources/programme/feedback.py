"""Feedback: a rating and a comment about an event by its visitors, or about a session by its reviewers."""

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS, MODERATORS, TRACK_ORGANIZERS
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, is_owner, staff, visible_with, where_sql
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.columns import perhaps_owned_by
from chalicelib.resources.policies import has_role

_WORST, _BEST = 1, 5


class Feedback(SoftDeleted, Model):
    __tablename__ = "feedbacks"
    rating: Mapped[float] = attr(required=True, minimum=_WORST, maximum=_BEST)
    comment: Mapped[str | None] = attr(allow_null=False, max_length=LONGEST_ANSWER)
    user_id: Mapped[int] = owned_by("users.id")
    event_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("events.id", ondelete="CASCADE"))
    session_id: Mapped[int | None] = perhaps_owned_by("sessions.id")

    # The first index is for pages of an event's feedback, in the order of the page.
    __table_args__ = (
        Index("ix_feedbacks_event_id_id", "event_id", "id"),
        Index(
            "uq_feedbacks_session_user",
            "session_id",
            "user_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class FeedbackSchema(Trashable):
    # A new one needs one of several relationships; the example has this one.
    example_links = ("event",)

    event = ToOne("event", inverse="feedbacks")
    session = ToOne("session", inverse="feedbacks")
    user = ToOne("user", inverse="feedbacks", required=True)


def about_one_thing(_context: Context, change: Change) -> None:
    """Feedback is about either an event or a session."""
    row = change.row
    if (row.event_id is None) == (row.session_id is None):
        raise invalid("Feedback is about an event or about a session.", "/data/relationships/event")


def round_to_halves(_context: Context, change: Change) -> None:
    """Round the rating to half points."""
    change.row.rating = round(change.row.rating * 2) / 2


def count_for_the_session(context: Context, change: Change) -> None:
    """Update the number of ratings and the average of the session."""
    for session_id in {change.before.get("session_id"), change.row.session_id} - {None}:
        _count(context, session_id, 0)


def count_without(context: Context, change: Change) -> None:
    """The same before a favourite is deleted."""
    if change.row.session_id is not None:
        _count(context, change.row.session_id, change.row.id)


def _count(context: Context, session_id: int, without: int) -> None:
    # The lock comes first, so that two at once do not count without each other.
    db.fetch(context.session, "SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", [session_id])
    db.fetch(
        context.session,
        "UPDATE sessions SET rating_count = found.count, average_rating = found.average "
        "FROM (SELECT count(*), coalesce(avg(rating), 0) AS average FROM feedbacks "
        "WHERE session_id = $1 AND deleted_at IS NULL AND id <> $2) found WHERE sessions.id = $1",
        [session_id, without],
    )


_ABOUT_AN_EVENT = where_sql(sql(ROW["session_id"], " IS NULL"), "it is about an event", of_row=True)
# Reviews of sessions are visible to the programme team only.
_REVIEWERS = has_role(TRACK_ORGANIZERS | MODERATORS, "session.event")
_AUTHOR = (is_owner("user_id") | staff) & (_ABOUT_AN_EVENT | has_role(COORGANIZERS, "session.event"))

FEEDBACK = Resource(
    "feedback",
    Feedback,
    FeedbackSchema,
    path="feedbacks",
    methods=EVERYTHING - {"list"},
    policy=Policy(
        see=visible_with("event") | (visible_with("session") & (is_owner("user_id") | _REVIEWERS)),
        create=_AUTHOR & (visible_with("event") | visible_with("session")),
        change=_AUTHOR,
        remove=is_owner("user_id") | staff,
    ),
    before_write=[about_one_thing, round_to_halves],
    after_write=[count_for_the_session],
    before_delete=[count_without],
    constraint_errors={
        "uq_feedbacks_session_user": ("/data/relationships/session", "You have rated this session already.")
    },
)
