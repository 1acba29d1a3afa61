"""Speakers: the people on the programme, with one profile per event."""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER, LONGEST_ARTICLE
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.columns import Off
from chalicelib.resources.excerpts import Excerpted, ExcerptShown, keep_excerpt
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.of_profile import OfProfile
from chalicelib.resources.policies import ACCOUNT_HOLDER, holds
from chalicelib.resources.programme import speaker_rules, submission_rules
from chalicelib.resources.programme.form_values import FormValues, SnakeKeys
from chalicelib.resources.value_fields import EmailAddress

_PERSONAL = speaker_rules.PERSONAL
GENDERS = [
    "Man",
    "Woman",
    "Transgender",
    "Non-binary",
    "Genderqueer",
    "An identity not listed here",
    "I prefer not to say",
]


class Speaker(Excerpted, OfProfile, SoftDeleted, Pictured, Model):
    __tablename__ = "speakers"
    name: Mapped[str] = attr(fields.Line, required=True)
    email: Mapped[str | None] = attr(EmailAddress, seen_by=_PERSONAL)
    photo_url: Mapped[str | None] = attr(web_address)
    thumbnail_image_url: Mapped[str | None] = attr(web_address)
    small_image_url: Mapped[str | None] = attr(web_address)
    icon_image_url: Mapped[str | None] = attr(web_address)
    short_biography: Mapped[str | None] = attr(max_length=LONGEST_ARTICLE)
    long_biography: Mapped[str | None] = attr(max_length=LONGEST_ARTICLE)
    speaking_experience: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    mobile: Mapped[str | None] = attr(fields.Line, seen_by=_PERSONAL)
    website: Mapped[str | None] = attr(web_address)
    twitter: Mapped[str | None] = attr(web_address)
    facebook: Mapped[str | None] = attr(web_address)
    github: Mapped[str | None] = attr(web_address)
    mastodon: Mapped[str | None] = attr(web_address)
    linkedin: Mapped[str | None] = attr(web_address)
    instagram: Mapped[str | None] = attr(web_address)
    organisation: Mapped[str | None] = attr(fields.Line)
    is_featured: Mapped[Off] = attr(set_by=holds(COORGANIZERS))
    is_email_overridden: Mapped[Off] = attr(seen_by=_PERSONAL, set_by=holds(ORGANIZERS))
    position: Mapped[str | None] = attr(fields.Line)
    country: Mapped[str | None] = attr(fields.Line)
    city: Mapped[str | None] = attr(fields.Line)
    address: Mapped[str | None] = attr(seen_by=_PERSONAL)
    location: Mapped[str | None] = attr()
    gender: Mapped[str | None] = attr(choices=GENDERS, seen_by=_PERSONAL)
    order: Mapped[int | None] = attr(set_by=holds(COORGANIZERS), default=0)
    heard_from: Mapped[str | None] = attr(fields.Line, seen_by=_PERSONAL)
    sponsorship_required: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=_PERSONAL)
    complex_field_values: Mapped[dict[str, Any] | None] = attr(FormValues, seen_by=_PERSONAL)
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
    )


keep_excerpt(Speaker, "short_biography", "long_biography")


class SpeakerSchema(ExcerptShown, PicturesShown, Trashable):
    event = ToOne("event", inverse="speakers", required=True, brings=("is_sessions_speakers_enabled",))
    user = ToOne(
        "user",
        inverse="speakers",
        read_only=True,
        scope=_PERSONAL,
        inverse_scope=ACCOUNT_HOLDER,
    )


SPEAKER = Resource(
    "speaker",
    Speaker,
    SpeakerSchema,
    path="speakers",
    most_bytes=100_000,
    offers=EVERYTHING - {"list"},
    policy=speaker_rules.POLICY,
    before_write=[
        submission_rules.submit_where_wanted,
        submission_rules.stay_at_the_event,
        speaker_rules.belong_to_the_caller,
        speaker_rules.one_for_each_address,
        submission_rules.answer_what_is_asked,
    ],
    conflicts={
        "uq_speakers_email": ("/data/attributes/email", "The event has a speaker with this e-mail address.")
    },
)
