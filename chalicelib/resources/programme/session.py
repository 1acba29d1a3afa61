"""Sessions: talks, workshops and whatever else is on the programme, from proposal to stage."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.fields import ToMany, ToOne, fields, validate
from chalicelib.jsonapi.policy import holds
from chalicelib.jsonapi.resource import Resource
from chalicelib.jsonapi.texts import LONGEST_ANSWER, LONGEST_ARTICLE
from chalicelib.resources.attributes import Trashable, moment, titled_links, web_address
from chalicelib.resources.columns import CreatedAt, Off
from chalicelib.resources.excerpts import Excerpted, ExcerptShown, keep_excerpt
from chalicelib.resources.of_profile import OfProfile
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.programme import session_rules, session_states, speaking_rules, submission_rules
from chalicelib.resources.programme.form_values import FormValues

# When something is on is decided by the event's team.
_FOR_THE_TEAM = session_rules.FOR_THE_TEAM["scope"]
_BY_TEAM = {"set_by": holds(COORGANIZERS)}

speakers_sessions = Table(
    "speakers_sessions",
    Model.metadata,
    Column("speaker_id", BigInteger, ForeignKey("speakers.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "session_id", BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class Session(Excerpted, OfProfile, SoftDeleted, Model):
    __tablename__ = "sessions"
    title: Mapped[str]
    subtitle: Mapped[str | None]
    level: Mapped[str | None]
    short_abstract: Mapped[str | None] = mapped_column(default="")
    long_abstract: Mapped[str | None] = mapped_column(default="")
    comments: Mapped[str | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    language: Mapped[str | None]
    slides_url: Mapped[str | None]
    slides: Mapped[list[Any] | None]
    website: Mapped[str | None]
    twitter: Mapped[str | None]
    facebook: Mapped[str | None]
    github: Mapped[str | None]
    linkedin: Mapped[str | None]
    instagram: Mapped[str | None]
    gitlab: Mapped[str | None]
    mastodon: Mapped[str | None]
    video_url: Mapped[str | None]
    audio_url: Mapped[str | None]
    signup_url: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="draft")
    created_at: Mapped[CreatedAt]
    submitted_at: Mapped[datetime | None]
    is_mail_sent: Mapped[Off]
    is_locked: Mapped[Off]
    last_modified_at: Mapped[CreatedAt]
    average_rating: Mapped[float] = mapped_column(default=0.0)
    rating_count: Mapped[int] = mapped_column(default=0)
    favourite_count: Mapped[int] = mapped_column(default=0)
    complex_field_values: Mapped[dict[str, Any] | None]
    event_id: Mapped[int] = owned_by("events.id", index=False)
    track_id: Mapped[int | None] = linked_to("tracks.id")
    session_type_id: Mapped[int | None] = linked_to("session_types.id")
    microlocation_id: Mapped[int | None] = linked_to("microlocations.id")
    creator_id: Mapped[int | None] = linked_to("users.id")

    # A page of an event's sessions comes from it in the order of the page.
    __table_args__ = (Index("ix_sessions_event_id_id", "event_id", "id"),)


keep_excerpt(Session, "short_abstract", "long_abstract")


class SessionSchema(ExcerptShown, Trashable):
    title = fields.Str(plain=True, required=True)
    subtitle = fields.Line(allow_none=True)
    level = fields.Str(
        allow_none=True, validate=validate.OneOf(["Beginner", "Intermediate", "Advanced", "Expert"])
    )
    short_abstract = fields.Str(longest=LONGEST_ARTICLE, allow_none=True)
    long_abstract = fields.Str(longest=LONGEST_ARTICLE, allow_none=True)
    comments = fields.Str(longest=LONGEST_ANSWER, allow_none=True, metadata={"seen_by": _FOR_THE_TEAM})
    starts_at = moment(allow_none=True, metadata=_BY_TEAM)
    ends_at = moment(allow_none=True, metadata=_BY_TEAM)
    language = fields.Line(allow_none=True)
    slides_url = web_address(allow_none=True)
    slides = titled_links(allow_none=True)
    website = web_address(allow_none=True)
    twitter = web_address(allow_none=True)
    facebook = web_address(allow_none=True)
    github = web_address(allow_none=True)
    linkedin = web_address(allow_none=True)
    instagram = web_address(allow_none=True)
    gitlab = web_address(allow_none=True)
    mastodon = web_address(allow_none=True)
    video_url = web_address(allow_none=True)
    audio_url = web_address(allow_none=True)
    signup_url = web_address(allow_none=True)
    state = fields.Str(allow_none=True, validate=validate.OneOf(session_states.STATES))
    created_at = moment(dump_only=True)
    submitted_at = moment(allow_none=True)
    is_mail_sent = fields.Bool(metadata={"seen_by": _FOR_THE_TEAM, **_BY_TEAM})
    is_locked = fields.Bool(metadata={"set_by": holds(ORGANIZERS)})
    last_modified_at = moment(dump_only=True)
    send_email = fields.Bool(allow_none=True, load_only=True)
    average_rating = fields.Float(dump_only=True)
    rating_count = fields.Int(dump_only=True)
    favourite_count = fields.Int(dump_only=True)
    complex_field_values = FormValues(allow_none=True, metadata={"seen_by": _FOR_THE_TEAM})

    event = ToOne("event", inverse="sessions", required=True, brings=("is_sessions_speakers_enabled",))
    track = ToOne("track", inverse="sessions", within="event")
    session_type = ToOne("session-type", inverse="sessions", within="event")
    microlocation = ToOne("microlocation", inverse="sessions", within="event")
    creator = ToOne(
        "user",
        inverse="sessions",
        read_only=True,
        scope=_FOR_THE_TEAM,
        inverse_scope=ACCOUNT_HOLDER,
    )
    speakers = ToMany(
        "speaker",
        inverse="sessions",
        through="speakers_sessions",
        left="session_id",
        right="speaker_id",
        within="event",
    )
    # The viewer's own, among all favourites.
    favourite = ToMany(
        "user-favourite-session",
        through="user_favourite_sessions",
        left="session_id",
        right="id",
        where="{l}.user_id = {viewer}",
        single=True,
        read_only=True,
    )


SESSION = Resource(
    "session",
    Session,
    SessionSchema,
    path="sessions",
    most_bytes=100_000,
    policy=session_rules.POLICY,
    before_write=[
        submission_rules.submit_where_wanted,
        submission_rules.stay_at_the_event,
        session_rules.leave_locked_ones_alone,
        session_rules.schedule_by_organisers,
        session_rules.begin_before_ending,
        session_states.move_by_the_rules,
        submission_rules.answer_what_is_asked,
        session_rules.note_the_change,
    ],
    after_write=[session_rules.tell_about_state],
    before_delete=[session_rules.leave_locked_ones_alone],
    before_link={"speakers": speaking_rules.speak_for_oneself},
)
