"""Exhibitors: who has a booth at an event, with links, pictures and the sessions they give."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.fields import Schema, ToMany, ToOne, fields, validate
from chalicelib.jsonapi.resource import EVERYTHING, Resource
from chalicelib.jsonapi.texts import LONGEST_ARTICLE
from chalicelib.resources.attributes import TitledLink, link, web_address
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.policies import organisers_write
from chalicelib.resources.value_fields import EmailAddress

exhibitors_sessions = Table(
    "exhibitors_sessions",
    Model.metadata,
    Column("exhibitor_id", BigInteger, ForeignKey("exhibitors.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "session_id", BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class Exhibitor(Pictured, Model):
    __tablename__ = "exhibitors"
    name: Mapped[str]
    status: Mapped[str | None] = mapped_column(default="pending")
    description: Mapped[str | None]
    url: Mapped[str | None]
    position: Mapped[int | None] = mapped_column(default=0)
    logo_url: Mapped[str | None]
    banner_url: Mapped[str | None]
    thumbnail_image_url: Mapped[str | None]
    enable_video_room: Mapped[bool | None] = mapped_column(default=False)
    video_url: Mapped[str | None]
    slides_url: Mapped[str | None]
    contact_email: Mapped[str | None]
    contact_link: Mapped[str | None]
    social_links: Mapped[list[Any] | None]
    event_id: Mapped[int] = owned_by("events.id")


class SocialLinkEntry(TitledLink):
    """A link with a name, which is a network's or one that was made up."""

    is_custom = fields.Bool(data_key="is_custom")


class ExhibitorSchema(PicturesShown, Schema):
    name = fields.Line(required=True)
    status = fields.Str(allow_none=True, validate=validate.OneOf(["pending", "accepted"]))
    description = fields.Str(longest=LONGEST_ARTICLE, allow_none=True)
    url = web_address(allow_none=True)
    position = fields.Int(strict=True, allow_none=True)
    logo_url = web_address(allow_none=True)
    banner_url = web_address(allow_none=True)
    thumbnail_image_url = web_address(allow_none=True)
    enable_video_room = fields.Bool(allow_none=True)
    video_url = web_address(allow_none=True)
    slides_url = web_address(allow_none=True)
    contact_email = EmailAddress(allow_none=True)
    contact_link = link(empty=True, allow_none=True)
    social_links = fields.List(fields.Nested(SocialLinkEntry), allow_none=True)

    event = ToOne("event", inverse="exhibitors", required=True)
    sessions = ToMany(
        "session",
        inverse="exhibitors",
        through="exhibitors_sessions",
        left="exhibitor_id",
        right="session_id",
        within="event",
    )


EXHIBITOR = Resource(
    "exhibitor",
    Exhibitor,
    ExhibitorSchema,
    path="exhibitors",
    offers=EVERYTHING - {"list"},
    policy=organisers_write(),
    order=["position"],
)
