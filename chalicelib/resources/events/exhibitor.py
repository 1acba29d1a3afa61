"""Exhibitors: who has a booth at an event, with links, pictures and the sessions they give."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ARTICLE
from chalicelib.resources.attributes import NamedLink, link, web_address
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.value_fields import EmailAddress

exhibitors_sessions = Table(
    "exhibitors_sessions",
    Model.metadata,
    Column("exhibitor_id", BigInteger, ForeignKey("exhibitors.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "session_id", BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class SocialLinkEntry(NamedLink):
    """A named link, to a known network or a custom one."""

    is_custom = fields.Bool(data_key="is_custom")


class Exhibitor(HasImageDetails, Model):
    __tablename__ = "exhibitors"
    name: Mapped[str] = attr(fields.Line, required=True)
    status: Mapped[str | None] = attr(choices=["pending", "accepted"], default="pending")
    description: Mapped[str | None] = attr(max_length=LONGEST_ARTICLE)
    url: Mapped[str | None] = attr(web_address)
    position: Mapped[int | None] = attr(default=0)
    logo_url: Mapped[str | None] = attr(web_address)
    banner_url: Mapped[str | None] = attr(web_address)
    thumbnail_image_url: Mapped[str | None] = attr(web_address)
    enable_video_room: Mapped[bool | None] = attr(default=False)
    video_url: Mapped[str | None] = attr(web_address)
    slides_url: Mapped[str | None] = attr(web_address)
    contact_email: Mapped[str | None] = attr(EmailAddress)
    contact_link: Mapped[str | None] = attr(link, empty=True)
    social_links: Mapped[list[Any] | None] = attr(fields.List, fields.Nested(SocialLinkEntry))
    event_id: Mapped[int] = owned_by("events.id")


class ExhibitorSchema(PicturesShown, Schema):
    event = ToOne("event", inverse="exhibitors", required=True)
    sessions = ToMany(
        "session",
        inverse="exhibitors",
        through="exhibitors_sessions",
        left="exhibitor_id",
        right="session_id",
        same_parent="event",
    )


EXHIBITOR = Resource(
    "exhibitor",
    Exhibitor,
    ExhibitorSchema,
    path="exhibitors",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    order=["position"],
    shared=True,
)
