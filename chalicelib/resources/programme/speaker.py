"""Speakers: the people on the programme, with one profile for each event.

Who writes a speaker's profile, and whose address stands in it.
"""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib import db, signals
from chalicelib.auth.roles import COORGANIZERS, MODERATORS, ORGANIZERS, TRACK_ORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.ground.sql import ROW, joined, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.policy import (
    Policy,
    among,
    any_related,
    is_owner,
    logged_in,
    visible_with,
    where_sql,
)
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER, LONGEST_ARTICLE
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.excerpts import ExcerptShown, HasExcerpt, keep_excerpt
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.policies import ACCOUNT_HOLDER, has_role, owns_email
from chalicelib.resources.profile_owned import ProfileOwned
from chalicelib.resources.programme import submission_rules
from chalicelib.resources.programme.availability import intervals
from chalicelib.resources.programme.co_speakers import count_for_a_restored_speaker
from chalicelib.resources.programme.form_values import FormValues, SnakeKeys
from chalicelib.resources.programme.session.conflicts import refuse_a_busy_speaker
from chalicelib.resources.programme.session.edits import keep_room_for_a_restored_speaker
from chalicelib.resources.programme.session.rules import INVITED_TO, ON_THE_PROGRAMME, SPEAKS_AT
from chalicelib.resources.search_index import WITHIN_EVENT, search_index
from chalicelib.resources.value_fields import EmailAddress

GENDERS = [
    "Man",
    "Woman",
    "Transgender",
    "Non-binary",
    "Genderqueer",
    "An identity not listed here",
    "I prefer not to say",
]


_EMAIL = "/data/attributes/email"
# By sessions of the event's programme their speakers are known to everybody.
_GIVES_A_TALK = any_related("sessions", ON_THE_PROGRAMME, "speaker of the programme")
# The viewer has handed in a talk of the speaker's, speaks at it too, or is asked to.
_HANDED_IN = sql("SELECT own.id FROM sessions own WHERE ", of_viewer("own", "creator_id"))
_ON_A_TALK_OF_THEIRS = sql(
    "SELECT link.speaker_id FROM sessions talk JOIN speakers_sessions link ON link.session_id = talk.id "
    "WHERE talk.deleted_at IS NULL AND talk.id IN (",
    *(joined(" UNION ALL ", (_HANDED_IN, SPEAKS_AT, INVITED_TO)), ")"),
)
_THEMSELVES = is_owner("user_id") | owns_email("email")
_TEAM = has_role(TRACK_ORGANIZERS | MODERATORS)
# What no programme shows: for the speaker, and for those who make the programme.
PERSONAL = _TEAM | _THEMSELVES
_KNOWN = where_sql(sql(ROW["is_featured"]), "featured") | _GIVES_A_TALK
POLICY = Policy(
    see=visible_with("event")
    & (_TEAM | _KNOWN | _THEMSELVES | among(_ON_A_TALK_OF_THEIRS, "colleague on a session")),
    create=logged_in & visible_with("event"),
    change=has_role(COORGANIZERS) | is_owner("user_id"),
    remove=has_role(COORGANIZERS) | is_owner("user_id"),
)


class Speaker(HasExcerpt, ProfileOwned, SoftDeleted, HasImageDetails, Model):
    __tablename__ = "speakers"
    name: Mapped[str] = attr(fields.Line, required=True, searched=WITHIN_EVENT)
    email: Mapped[str | None] = attr(EmailAddress, seen_by=PERSONAL, searched=WITHIN_EVENT)
    photo_url: Mapped[str | None] = attr(web_address)
    thumbnail_image_url: Mapped[str | None] = attr(web_address)
    small_image_url: Mapped[str | None] = attr(web_address)
    icon_image_url: Mapped[str | None] = attr(web_address)
    short_biography: Mapped[str | None] = attr(max_length=LONGEST_ARTICLE)
    long_biography: Mapped[str | None] = attr(max_length=LONGEST_ARTICLE)
    speaking_experience: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    mobile: Mapped[str | None] = attr(fields.Line, seen_by=PERSONAL)
    website: Mapped[str | None] = attr(web_address)
    twitter: Mapped[str | None] = attr(web_address)
    facebook: Mapped[str | None] = attr(web_address)
    github: Mapped[str | None] = attr(web_address)
    mastodon: Mapped[str | None] = attr(web_address)
    linkedin: Mapped[str | None] = attr(web_address)
    instagram: Mapped[str | None] = attr(web_address)
    organisation: Mapped[str | None] = attr(fields.Line)
    is_featured: Mapped[FalseByDefault] = attr(set_by=has_role(COORGANIZERS))
    is_email_overridden: Mapped[FalseByDefault] = attr(seen_by=PERSONAL, set_by=has_role(ORGANIZERS))
    position: Mapped[str | None] = attr(fields.Line)
    country: Mapped[str | None] = attr(fields.Line)
    city: Mapped[str | None] = attr(fields.Line)
    address: Mapped[str | None] = attr(seen_by=PERSONAL)
    location: Mapped[str | None] = attr()
    gender: Mapped[str | None] = attr(choices=GENDERS, seen_by=PERSONAL)
    order: Mapped[int | None] = attr(set_by=has_role(COORGANIZERS), default=0)
    heard_from: Mapped[str | None] = attr(fields.Line, seen_by=PERSONAL)
    sponsorship_required: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=PERSONAL)
    complex_field_values: Mapped[dict[str, Any] | None] = attr(FormValues, seen_by=PERSONAL)
    # Answers to internal fields of the form.
    internal_field_values: Mapped[dict[str, Any] | None] = attr(
        FormValues, seen_by=has_role(COORGANIZERS), set_by=has_role(COORGANIZERS)
    )
    # When they can speak; null is always.
    availability: Mapped[list[Any] | None] = attr(intervals, seen_by=PERSONAL)
    speaker_positions: Mapped[dict[str, Any] | None] = attr(SnakeKeys)
    event_id: Mapped[int] = owned_by("events.id", index=False)
    user_id: Mapped[int | None] = linked_to("users.id")

    # The first index is for pages of an event's speakers, in the order of the page.
    __table_args__ = (
        Index("ix_speakers_event_id_id", "event_id", "id"),
        Index("ix_speakers_email", text("lower(email)")),
        Index(
            "uq_speakers_email",
            "event_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        search_index("speakers", "name", "email", within=WITHIN_EVENT),
    )


keep_excerpt(Speaker, "short_biography", "long_biography")


class SpeakerSchema(ExcerptShown, PicturesShown, Trashable):
    event = ToOne("event", inverse="speakers", required=True, prefetch=("is_sessions_speakers_enabled",))
    user = ToOne(
        "user",
        inverse="speakers",
        read_only=True,
        scope=PERSONAL,
        inverse_scope=ACCOUNT_HOLDER,
    )


def belong_to_the_caller(context: Context, change: Change) -> None:
    """A profile is created by its speaker, with their login address.

    Only organizers may set another address, or none.
    """
    row = change.row
    if change.is_new:
        row.user_id, row.profile_id = context.viewer.id, context.viewer.profile_id
    if not context.viewer.has_role(ORGANIZERS, row.event_id):
        if change.is_new:
            row.email = context.viewer.email
        change.undo({"email"})
    if row.is_email_overridden:
        row.email = None


def one_for_each_address(context: Context, change: Change) -> None:
    """An event has one profile per address."""
    row = change.row
    if row.email is None:
        return
    taken = db.fetch(
        context.session,
        "SELECT 1 FROM speakers WHERE event_id = $1 AND lower(email) = lower($2) "
        "AND deleted_at IS NULL AND id IS DISTINCT FROM $3::bigint",
        [row.event_id, row.email, row.id],
    )
    if taken:
        raise forbidden("The event has a speaker with this e-mail address.", _EMAIL)


def tell_about_sessions(context: Context, change: Change) -> None:
    """Emit a signal when a speaker was linked with sessions, or parted from some."""
    if "sessions" in change.linked:
        signals.emit(
            context.session, "speaker.sessions_changed", id=change.row.id, viewer_id=context.viewer.id
        )


SPEAKER = Resource(
    "speaker",
    Speaker,
    SpeakerSchema,
    path="speakers",
    most_bytes=100_000,
    methods=EVERYTHING - {"list"},
    policy=POLICY,
    before_write=[
        submission_rules.submit_where_wanted,
        submission_rules.stay_at_the_event,
        belong_to_the_caller,
        one_for_each_address,
        submission_rules.keep_internal_answers_apart,
        submission_rules.answer_what_is_asked,
        refuse_a_busy_speaker,
        keep_room_for_a_restored_speaker,
    ],
    after_write=[count_for_a_restored_speaker, tell_about_sessions],
    constraint_errors={
        "uq_speakers_email": ("/data/attributes/email", "The event has a speaker with this e-mail address.")
    },
    shared=True,
)
