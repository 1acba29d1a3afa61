"""Feedback: stars and words about an event from whoever was there, or about a session from its reviewers."""

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
from chalicelib.jsonapi.model.policy import Policy, holds, myself, seen_with, staff, where_sql
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.columns import perhaps_owned_by

_WORST, _BEST = 1, 5


class Feedback(SoftDeleted, Model):
    __tablename__ = "feedbacks"
    rating: Mapped[float] = attr(required=True, minimum=_WORST, maximum=_BEST)
    comment: Mapped[str | None] = attr(allow_null=False, max_length=LONGEST_ANSWER)
    user_id: Mapped[int] = owned_by("users.id")
    event_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("events.id", ondelete="CASCADE"))
    session_id: Mapped[int | None] = perhaps_owned_by("sessions.id")

    # A page of an event's feedback comes from the first in the order of the page.
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
    # A new one needs one of several links; this is the one in the example.
    example_links = ("event",)

    event = ToOne("event", inverse="feedbacks")
    session = ToOne("session", inverse="feedbacks")
    user = ToOne("user", inverse="feedbacks", required=True)


def about_one_thing(_context: Context, change: Change) -> None:
    """Feedback is about an event or about a session, not both and not neither."""
    row = change.row
    if (row.event_id is None) == (row.session_id is None):
        raise invalid("Feedback is about an event or about a session.", "/data/relationships/event")


def round_to_halves(_context: Context, change: Change) -> None:
    """Ratings come in half points."""
    change.row.rating = round(change.row.rating * 2) / 2


def count_for_the_session(context: Context, change: Change) -> None:
    """The session shows how many have rated it, and how well on average."""
    for session_id in {change.before.get("session_id"), change.row.session_id} - {None}:
        _count(context, session_id, 0)


def count_without(context: Context, change: Change) -> None:
    """What is removed counts no more."""
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
# What reviewers say about a session is said among those who make the programme.
_REVIEWERS = holds(TRACK_ORGANIZERS | MODERATORS, "session.event")
_AUTHOR = (myself("user_id") | staff) & (_ABOUT_AN_EVENT | holds(COORGANIZERS, "session.event"))

FEEDBACK = Resource(
    "feedback",
    Feedback,
    FeedbackSchema,
    path="feedbacks",
    offers=EVERYTHING - {"list"},
    policy=Policy(
        see=seen_with("event") | (seen_with("session") & (myself("user_id") | _REVIEWERS)),
        create=_AUTHOR & (seen_with("event") | seen_with("session")),
        change=_AUTHOR,
        remove=myself("user_id") | staff,
    ),
    before_write=[about_one_thing, round_to_halves],
    after_write=[count_for_the_session],
    before_delete=[count_without],
    conflicts={
        "uq_feedbacks_session_user": ("/data/relationships/session", "You have rated this session already.")
    },
)
