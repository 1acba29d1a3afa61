"""Groups: organizers who run several events together and can be followed."""

from datetime import datetime
from typing import Any

from marshmallow import Schema as PlainSchema
from sqlalchemy.orm import Mapped

from chalicelib import clock
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.sql import LINK, ROW, sql
from chalicelib.jsonapi.model.fields import Computed, ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy, anyone, is_owner, staff, verified
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.rights.viewer_parameters import VIEWER_ID
from chalicelib.resources.attributes import Trashable, link, web_address
from chalicelib.resources.columns import CreatedAt, FalseByDefault
from chalicelib.resources.groups.group.roles import organizes
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.markup import RichText
from chalicelib.resources.ownership import belong_to_the_caller
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.profile_owned import ProfileOwned


class SocialLinkOfGroup(PlainSchema):
    name = fields.Line(required=True)
    link = link(required=True)
    is_custom = fields.Bool()


class Group(ProfileOwned, SoftDeleted, HasImageDetails, Model):
    __tablename__ = "groups"
    name: Mapped[str] = attr(required=True)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    modified_at: Mapped[datetime] = attr(read_only=True, default=clock.now, onupdate=clock.now)
    social_links: Mapped[list[Any] | None] = attr(
        fields.List, fields.Nested(SocialLinkOfGroup), allow_null=False, default=list
    )
    logo_url: Mapped[str | None] = attr(web_address)
    is_promoted: Mapped[FalseByDefault] = attr(set_by=staff)  # set by the platform
    banner_url: Mapped[str | None] = attr(web_address)
    thumbnail_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    about: Mapped[str | None] = attr(RichText)
    user_id: Mapped[int] = owned_by("users.id")


class GroupSchema(PicturesShown, Trashable):
    follower_count = Computed(
        "integer",
        sql("SELECT count(*) FROM user_follow_groups followed WHERE followed.group_id = ", ROW["id"]),
        metadata={"after": "thumbnail_image_url"},
    )

    user = ToOne("user", inverse="groups", inverse_creates=True, inverse_scope=ACCOUNT_HOLDER)
    # The viewer's own follower record, by which clients know whether they follow.
    follower = ToMany(
        "user-follow-group",
        through="user_follow_groups",
        left="group_id",
        right="id",
        where=sql(LINK["user_id"], " = ", VIEWER_ID),
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
        change=is_owner("user_id") | organizes("id") | staff,
        remove=is_owner("user_id") | organizes("id") | staff,
    ),
    before_write=[belong_to_the_caller],
    shared=True,
)
