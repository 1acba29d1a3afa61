"""Sessions: talks, workshops and other items of the programme, from proposal to stage."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.ground.sql import LINK, sql
from chalicelib.jsonapi.model.fields import Computed, ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy, logged_in, visible_with
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER, LONGEST_ARTICLE
from chalicelib.jsonapi.rights.viewer_parameters import VIEWER_ID
from chalicelib.resources.attributes import Trashable, named_links, web_address
from chalicelib.resources.columns import CreatedAt, FalseByDefault, FalseInDatabase
from chalicelib.resources.excerpts import ExcerptShown, HasExcerpt, keep_excerpt
from chalicelib.resources.policies import ACCOUNT_HOLDER, has_role
from chalicelib.resources.profile_owned import ProfileOwned
from chalicelib.resources.programme import call_window, co_speakers, speaking_rules, submission_rules
from chalicelib.resources.programme.form_values import FormValues
from chalicelib.resources.programme.session import conflicts, edits, places, rules, states
from chalicelib.resources.search_index import WITHIN_EVENT, deleted_index, search_index
from chalicelib.resources.tickets.stock import TOO_FEW

# When something is on is decided by the event's team.
_FOR_THE_TEAM = rules.FOR_THE_TEAM
_BY_TEAM = has_role(COORGANIZERS)

speakers_sessions = Table(
    "speakers_sessions",
    Model.metadata,
    Column("speaker_id", BigInteger, ForeignKey("speakers.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "session_id", BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

sessions_microlocations = Table(
    "sessions_microlocations",
    Model.metadata,
    Column("session_id", BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "microlocation_id",
        BigInteger,
        ForeignKey("microlocations.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


sessions_sign_up_tickets = Table(
    "sessions_sign_up_tickets",
    Model.metadata,
    Column("session_id", BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

POLICY = Policy(
    see=visible_with("event") & (rules.ON_THE_PROGRAMME | rules.TEAM | rules.INVITED),
    create=logged_in & visible_with("event"),
    change=rules.TEAM,
    remove=rules.TEAM,
)


class Session(HasExcerpt, ProfileOwned, SoftDeleted, Model):
    __tablename__ = "sessions"
    title: Mapped[str] = attr(required=True, plain=True, searched=WITHIN_EVENT)
    subtitle: Mapped[str | None] = attr(fields.Line)
    level: Mapped[str | None] = attr(choices=["Beginner", "Intermediate", "Advanced", "Expert"])
    short_abstract: Mapped[str | None] = attr(max_length=LONGEST_ARTICLE, default="")
    long_abstract: Mapped[str | None] = attr(max_length=LONGEST_ARTICLE, default="")
    comments: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=_FOR_THE_TEAM)
    starts_at: Mapped[datetime | None] = attr(set_by=_BY_TEAM)
    ends_at: Mapped[datetime | None] = attr(set_by=_BY_TEAM)
    language: Mapped[str | None] = attr(fields.Line)
    slides_url: Mapped[str | None] = attr(web_address)
    slides: Mapped[list[Any] | None] = attr(named_links)
    website: Mapped[str | None] = attr(web_address)
    twitter: Mapped[str | None] = attr(web_address)
    facebook: Mapped[str | None] = attr(web_address)
    github: Mapped[str | None] = attr(web_address)
    linkedin: Mapped[str | None] = attr(web_address)
    instagram: Mapped[str | None] = attr(web_address)
    gitlab: Mapped[str | None] = attr(web_address)
    mastodon: Mapped[str | None] = attr(web_address)
    video_url: Mapped[str | None] = attr(web_address)
    audio_url: Mapped[str | None] = attr(web_address)
    signup_url: Mapped[str | None] = attr(web_address)
    state: Mapped[str] = attr(allow_null=True, choices=states.STATES, default="draft")
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    submitted_at: Mapped[datetime | None] = attr()
    is_mail_sent: Mapped[FalseByDefault] = attr(seen_by=_FOR_THE_TEAM, set_by=_BY_TEAM)
    is_locked: Mapped[FalseByDefault] = attr(set_by=has_role(ORGANIZERS))
    last_modified_at: Mapped[CreatedAt] = attr(read_only=True)
    average_rating: Mapped[float] = attr(read_only=True, default=0.0)
    rating_count: Mapped[int] = attr(read_only=True, default=0)
    favourite_count: Mapped[int] = attr(read_only=True, default=0)
    complex_field_values: Mapped[dict[str, Any] | None] = attr(FormValues, seen_by=_FOR_THE_TEAM)
    # Answers to internal fields of the form.
    internal_field_values: Mapped[dict[str, Any] | None] = attr(FormValues, seen_by=_BY_TEAM, set_by=_BY_TEAM)
    # How many may sign up, null for no sign-up; and from when to when, which is at most until it begins.
    sign_up_places: Mapped[int | None] = attr(minimum=0, maximum=1_000_000, set_by=_BY_TEAM, example=12)
    sign_up_opens_at: Mapped[datetime | None] = attr(set_by=_BY_TEAM, example="2031-04-01T09:00:00Z")
    sign_up_closes_at: Mapped[datetime | None] = attr(set_by=_BY_TEAM, example="2031-05-01T09:00:00Z")
    # Whether one may have signed up for another session at the same time.
    is_sign_up_overlap_allowed: Mapped[FalseInDatabase] = attr(set_by=_BY_TEAM)
    is_sign_up_count_public: Mapped[FalseInDatabase] = attr(set_by=_BY_TEAM)
    # How many are expected to come: for who makes the schedule.
    expected_audience: Mapped[int | None] = attr(minimum=0, seen_by=_FOR_THE_TEAM, set_by=_BY_TEAM)
    # When it was moved from accepted or confirmed to another state, the last time; empty if it never was.
    left_programme_at: Mapped[datetime | None]
    event_id: Mapped[int] = owned_by("events.id", index=False)
    track_id: Mapped[int | None] = linked_to("tracks.id")
    session_type_id: Mapped[int | None] = linked_to("session_types.id")
    microlocation_id: Mapped[int | None] = linked_to("microlocations.id")
    creator_id: Mapped[int | None] = linked_to("users.id")
    # The further call that took it; none if that was the main one, or nobody asked.
    submission_call_id: Mapped[int | None] = linked_to("submission_calls.id")

    # For pages of an event's sessions, in the order of the page.
    __table_args__ = (
        Index("ix_sessions_event_id_id", "event_id", "id"),
        search_index("sessions", "title", within=WITHIN_EVENT),
        deleted_index("sessions"),
    )


keep_excerpt(Session, "short_abstract", "long_abstract")


class SessionSchema(ExcerptShown, Trashable):
    sign_up_confirmed = Computed(
        "integer",
        places.CONFIRMED,
        metadata={"seen_by": places.COUNTS, "after": "is_sign_up_count_public", "live": True},
    )
    sign_up_waiting = Computed(
        "integer",
        places.WAITING,
        metadata={"seen_by": places.COUNTS, "after": "sign_up_confirmed", "live": True},
    )
    send_email = fields.Bool(allow_none=True, load_only=True, metadata={"after": "last_modified_at"})

    event = ToOne("event", inverse="sessions", required=True, prefetch=("is_sessions_speakers_enabled",))
    track = ToOne("track", inverse="sessions", same_parent="event")
    session_type = ToOne("session-type", inverse="sessions", same_parent="event")
    microlocation = ToOne("microlocation", inverse="sessions", same_parent="event")
    # Rooms that it needs besides its microlocation.
    further_microlocations = ToMany(
        "microlocation",
        inverse="further-sessions",
        through="sessions_microlocations",
        left="session_id",
        right="microlocation_id",
        same_parent="event",
    )
    submission_call = ToOne(
        "submission-call",
        inverse="sessions",
        same_parent="event",
        scope=_FOR_THE_TEAM,
        inverse_scope=_BY_TEAM,
    )
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
        same_parent="event",
    )
    # Whose attendees may sign up; none: all of them.
    sign_up_tickets = ToMany(
        "ticket",
        through="sessions_sign_up_tickets",
        left="session_id",
        right="ticket_id",
        same_parent="event",
    )
    # The viewer's own favourite record, if any.
    favourite = ToMany(
        "user-favourite-session",
        through="user_favourite_sessions",
        left="session_id",
        right="id",
        where=sql(LINK["user_id"], " = ", VIEWER_ID),
        single=True,
        read_only=True,
    )


SESSION = Resource(
    "session",
    Session,
    SessionSchema,
    path="sessions",
    most_bytes=100_000,
    policy=POLICY,
    before_write=[
        submission_rules.submit_where_wanted,
        submission_rules.stay_at_the_event,
        rules.leave_locked_ones_alone,
        rules.schedule_by_organizers,
        rules.begin_before_ending,
        states.check_transition,
        call_window.submit_in_time,
        edits.edit_while_allowed,
        edits.wait_for_co_speakers,
        submission_rules.keep_internal_answers_apart,
        submission_rules.answer_what_is_asked,
        conflicts.refuse_conflicts,
        places.open_before_closing,
        rules.note_the_change,
    ],
    after_write=[
        conflicts.refuse_what_links_forbid,
        edits.keep_room_for_speakers,
        co_speakers.count_for_speakers,
        conflicts.look_at_what_was_written,
        rules.tell_about_state,
        rules.tell_about_proposal,
    ],
    before_delete=[rules.leave_locked_ones_alone, edits.edit_before_deleting],
    before_link={
        "speakers": speaking_rules.speak_for_oneself,
        "further_microlocations": rules.take_further_rooms,
        "sign_up_tickets": places.choose_tickets_as_team,
    },
    constraint_errors={
        TOO_FEW: ("/data/attributes/sign-up-places", "More people than this have signed up already."),
    },
    shared=True,
)
