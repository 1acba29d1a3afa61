"""Review phases: a window of time in which reviewers of an event rate and discuss its submitted sessions.

An event has one active phase at a time. In an anonymous one reviewers are told nothing of who has handed a
session in: see proposals.
"""

from datetime import datetime
from typing import Any, Final

from marshmallow import ValidationError
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import FalseByDefault, TrueByDefault
from chalicelib.resources.reviews.rules import TEAM, TEAM_AT_EVENT, seen_by_reviewers, stay_there
from chalicelib.values.zones import local, zone

MOST_REVIEWS: Final = 20
_MOST_FIELDS: Final = 50
_HIDEABLE: Final = frozenset({"subtitle", "short-abstract", "long-abstract", "language", "level"})
_ALWAYS_SHOWN: Final = frozenset({"title", "track", "sessionType"})
_POINTER: Final = "/data/attributes/"
_OTHERS: Final = """
SELECT other.name, other.opens_at, other.closes_at, event.timezone
  FROM review_phases other JOIN events event ON event.id = other.event_id
 WHERE other.event_id = $1 AND other.id IS DISTINCT FROM $2 AND other.opens_at < $4 AND other.closes_at > $3
 ORDER BY other.opens_at LIMIT 1
"""


def _short_list(names: Any) -> None:
    if len(names) > _MOST_FIELDS or len(set(names)) < len(names):
        raise ValidationError(f"At most {_MOST_FIELDS} names, each once.")


def field_names(**options: Any) -> fields.List[Any]:
    """Names of attributes and of the event's own questions."""
    return fields.List(fields.Str(plain=True, metadata={}), validate=_short_list, **options)


class ReviewPhase(Model):
    __tablename__ = "review_phases"
    name: Mapped[str] = attr(fields.Line, required=True)
    opens_at: Mapped[datetime] = attr(required=True, example="2031-03-01T00:00:00+00:00")
    closes_at: Mapped[datetime] = attr(required=True, example="2031-03-15T00:00:00+00:00")
    is_anonymous: Mapped[TrueByDefault] = attr()
    # Attributes and own questions that would tell who has handed it in: hidden while that is anonymous.
    hidden_fields: Mapped[list[Any]] = attr(field_names, default=list, example=["long-abstract"])
    # What they see: sessions that are assigned to them, or all of their team's tracks.
    reviewers_see: Mapped[str] = attr(choices=["assigned", "tracks"], default="assigned")
    allows_reviews: Mapped[TrueByDefault] = attr()
    allows_discussion: Mapped[FalseByDefault] = attr()
    # When reviewers see reviews and comments of others.
    others_visible: Mapped[str] = attr(choices=["never", "after-own", "always"], default="after-own")
    reviews_per_session: Mapped[int] = attr(minimum=1, maximum=MOST_REVIEWS, default=3)
    event_id: Mapped[int] = owned_by("events.id", index=False)

    __table_args__ = (Index("ix_review_phases_event_id_opens_at", "event_id", "opens_at"),)


class ReviewPhaseSchema(Schema):
    event = ToOne("event", inverse="review-phases", required=True, inverse_scope=TEAM_AT_EVENT)


def open_one_at_a_time(context: Context, change: Change) -> None:
    """A phase closes after it opens, and no two of an event overlap. Raises Problem 409 and 422."""
    row = change.row
    if not change.is_new and not {"opens_at", "closes_at"} & change.before.keys():
        return
    if row.closes_at <= row.opens_at:
        raise invalid("A phase must close after it opens.", f"{_POINTER}closes-at")
    db.fetch(
        context.session, "SELECT id FROM events WHERE id = $1 FOR NO KEY UPDATE", [row.event_id], flush=False
    )
    values = [row.event_id, row.id, row.opens_at, row.closes_at]
    for name, opens, closes, zone_name in db.fetch(context.session, _OTHERS, values, flush=False):
        there = zone(zone_name)
        said = f"{local(opens, there):%Y-%m-%d %H:%M} to {local(closes, there):%Y-%m-%d %H:%M} ({zone_name})"
        raise conflict(f"The phase {name} is from {said}: one is active at a time.", f"{_POINTER}opens-at")


def hide_what_there_is(context: Context, change: Change) -> None:
    """What is hidden is an attribute that may be, or a question of the event's form. Raises Problem 422."""
    row = change.row
    if row.hidden_fields is None:
        row.hidden_fields = []
    if not change.is_new and "hidden_fields" not in change.before:
        return
    own: set[str] = set()
    if set(row.hidden_fields) - _HIDEABLE:
        questions = "SELECT field_identifier FROM custom_forms WHERE event_id = $1 AND form = 'session'"
        own = {name for (name,) in db.fetch(context.session, questions, [row.event_id], flush=False)}
        # Former names of questions are in it already.
        own = (own - _ALWAYS_SHOWN) | set(change.before.get("hidden_fields") or ())
    for position, name in enumerate(row.hidden_fields):
        if name not in _HIDEABLE | own:
            listed = ", ".join(sorted(_HIDEABLE))
            raise invalid(
                f"{name:.100} is neither one of {listed} nor a question of the event's session form.",
                f"{_POINTER}hidden-fields/{position}",
            )


def keep_reviews(context: Context, change: Change) -> None:
    """A phase with reviews stays. Raises Problem 409."""
    if db.fetch(context.session, "SELECT 1 FROM reviews WHERE phase_id = $1 LIMIT 1", [change.row.id]):
        raise conflict("There are reviews in this phase: close it instead.")


REVIEW_PHASE = Resource(
    "review-phase",
    ReviewPhase,
    ReviewPhaseSchema,
    path="review-phases",
    policy=Policy(
        see=TEAM | seen_by_reviewers("review_phases"),
        create=TEAM,
        change=TEAM,
        remove=TEAM,
        materialize_ids=True,
    ),
    before_write=[stay_there("event"), open_one_at_a_time, hide_what_there_is],
    before_delete=[keep_reviews],
)
