"""Groups: organisers who run several events together and can be followed."""

from datetime import datetime
from typing import Any

from marshmallow import Schema as PlainSchema
from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.fields import Computed, ToMany, ToOne, fields
from chalicelib.jsonapi.policy import Policy, anyone, myself, staff, verified
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import Trashable, link, moment, web_address
from chalicelib.resources.columns import CreatedAt, Off
from chalicelib.resources.groups.group_roles import organises
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.markup import RichText
from chalicelib.resources.of_profile import OfProfile
from chalicelib.resources.ownership import belong_to_the_caller
from chalicelib.resources.policies import ACCOUNT_HOLDER


class Group(OfProfile, SoftDeleted, Pictured, Model):
    __tablename__ = "groups"
    name: Mapped[str]
    created_at: Mapped[CreatedAt]
    modified_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    social_links: Mapped[list[Any] | None] = mapped_column(default=list)
    logo_url: Mapped[str | None]
    is_promoted: Mapped[Off]
    banner_url: Mapped[str | None]
    thumbnail_image_url: Mapped[str | None]
    about: Mapped[str | None]
    user_id: Mapped[int] = owned_by("users.id")


class SocialLinkOfGroup(PlainSchema):
    name = fields.Line(required=True)
    link = link(required=True)
    is_custom = fields.Bool()


class GroupSchema(PicturesShown, Trashable):
    name = fields.Str(required=True)
    created_at = moment(dump_only=True)
    modified_at = moment(dump_only=True)
    social_links = fields.List(fields.Nested(SocialLinkOfGroup))
    logo_url = web_address(allow_none=True)
    is_promoted = fields.Bool(metadata={"set_by": staff})  # the platform sells it
    banner_url = web_address(allow_none=True)
    thumbnail_image_url = web_address(dump_only=True)
    follower_count = Computed(
        "integer", "SELECT count(*) FROM user_follow_groups followed WHERE followed.group_id = {t}.id"
    )
    about = RichText(allow_none=True)

    user = ToOne("user", inverse="groups", inverse_creates=True, inverse_scope=ACCOUNT_HOLDER)
    # The caller's own record among the followers, by which clients know whether they follow.
    follower = ToMany(
        "user-follow-group",
        through="user_follow_groups",
        left="group_id",
        right="id",
        where="{l}.user_id = {viewer}",
        single=True,
        read_only=True,
    )


GROUP = Resource(
    "group",
    Group,
    GroupSchema,
    path="groups",
    policy=Policy(
        see=anyone,
        create=verified,
        change=myself("user_id") | organises("id") | staff,
        remove=myself("user_id") | organises("id") | staff,
    ),
    before_write=[belong_to_the_caller],
)
