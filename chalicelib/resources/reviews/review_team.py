"""Review teams: reviewers who cover the same tracks; a team without tracks covers all."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.reviews.rules import TEAM, TEAM_AT_EVENT, seen_by_reviewers, stay_there

review_teams_tracks = Table(
    "review_teams_tracks",
    Model.metadata,
    Column("review_team_id", BigInteger, ForeignKey("review_teams.id", ondelete="CASCADE"), primary_key=True),
    Column("track_id", BigInteger, ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class ReviewTeam(Model):
    __tablename__ = "review_teams"
    name: Mapped[str] = attr(fields.Line, required=True)
    description: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    event_id: Mapped[int] = owned_by("events.id")


class ReviewTeamSchema(Schema):
    event = ToOne("event", inverse="review-teams", required=True, inverse_scope=TEAM_AT_EVENT)
    tracks = ToMany(
        "track",
        through="review_teams_tracks",
        left="review_team_id",
        right="track_id",
        same_parent="event",
    )


REVIEW_TEAM = Resource(
    "review-team",
    ReviewTeam,
    ReviewTeamSchema,
    path="review-teams",
    policy=Policy(
        see=TEAM | seen_by_reviewers("review_teams"),
        create=TEAM,
        change=TEAM,
        remove=TEAM,
        materialize_ids=True,
    ),
    before_write=[stay_there("event")],
)
