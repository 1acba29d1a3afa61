"""Speakers: the people on the programme, with one profile for each event."""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.fields import ToOne, fields, validate
from chalicelib.jsonapi.policy import holds
from chalicelib.jsonapi.resource import EVERYTHING, Resource
from chalicelib.jsonapi.texts import LONGEST_ANSWER, LONGEST_ARTICLE
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.columns import Off
from chalicelib.resources.excerpts import Excerpted, ExcerptShown, keep_excerpt
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.of_profile import OfProfile
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.programme import speaker_rules, submission_rules
from chalicelib.resources.programme.form_values import FormValues, SnakeKeys
from chalicelib.resources.value_fields import EmailAddress

_PERSONAL = speaker_rules.PERSONAL["scope"]
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
    name: Mapped[str]
    email: Mapped[str | None]
    photo_url: Mapped[str | None]
    thumbnail_image_url: Mapped[str | None]
    small_image_url: Mapped[str | None]
    icon_image_url: Mapped[str | None]
    short_biography: Mapped[str | None]
    long_biography: Mapped[str | None]
    speaking_experience: Mapped[str | None]
    mobile: Mapped[str | None]
    website: Mapped[str | None]
    twitter: Mapped[str | None]
    facebook: Mapped[str | None]
    github: Mapped[str | None]
    mastodon: Mapped[str | None]
    linkedin: Mapped[str | None]
    instagram: Mapped[str | None]
    organisation: Mapped[str | None]
    is_featured: Mapped[Off]
    is_email_overridden: Mapped[Off]
    position: Mapped[str | None]
    country: Mapped[str | None]
    city: Mapped[str | None]
    address: Mapped[str | None]
    location: Mapped[str | None]
    gender: Mapped[str | None]
    order: Mapped[int | None] = mapped_column(default=0)
    heard_from: Mapped[str | None]
    sponsorship_required: Mapped[str | None]
    complex_field_values: Mapped[dict[str, Any] | None]
    speaker_positions: Mapped[dict[str, Any] | None]
    event_id: Mapped[int] = owned_by("events.id", index=False)
    user_id: Mapped[int | None] = linked_to("users.id")

    # A page of an event's speakers comes from the first in the order of the page.
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
    name = fields.Line(required=True)
    email = EmailAddress(allow_none=True, metadata={"seen_by": _PERSONAL})
    photo_url = web_address(allow_none=True)
    thumbnail_image_url = web_address(allow_none=True)
    small_image_url = web_address(allow_none=True)
    icon_image_url = web_address(allow_none=True)
    short_biography = fields.Str(longest=LONGEST_ARTICLE, allow_none=True)
    long_biography = fields.Str(longest=LONGEST_ARTICLE, allow_none=True)
    speaking_experience = fields.Str(longest=LONGEST_ANSWER, allow_none=True)
    mobile = fields.Line(allow_none=True, metadata={"seen_by": _PERSONAL})
    website = web_address(allow_none=True)
    twitter = web_address(allow_none=True)
    facebook = web_address(allow_none=True)
    github = web_address(allow_none=True)
    mastodon = web_address(allow_none=True)
    linkedin = web_address(allow_none=True)
    instagram = web_address(allow_none=True)
    organisation = fields.Line(allow_none=True)
    is_featured = fields.Bool(metadata={"set_by": holds(COORGANIZERS)})
    is_email_overridden = fields.Bool(metadata={"seen_by": _PERSONAL, "set_by": holds(ORGANIZERS)})
    position = fields.Line(allow_none=True)
    country = fields.Line(allow_none=True)
    city = fields.Line(allow_none=True)
    address = fields.Str(allow_none=True, metadata={"seen_by": _PERSONAL})
    location = fields.Str(allow_none=True)
    gender = fields.Str(allow_none=True, validate=validate.OneOf(GENDERS), metadata={"seen_by": _PERSONAL})
    order = fields.Int(strict=True, allow_none=True, metadata={"set_by": holds(COORGANIZERS)})
    heard_from = fields.Line(allow_none=True, metadata={"seen_by": _PERSONAL})
    sponsorship_required = fields.Str(
        longest=LONGEST_ANSWER, allow_none=True, metadata={"seen_by": _PERSONAL}
    )
    complex_field_values = FormValues(allow_none=True, metadata={"seen_by": _PERSONAL})
    speaker_positions = SnakeKeys(allow_none=True)

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
