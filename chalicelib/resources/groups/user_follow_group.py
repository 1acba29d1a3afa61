"""Followers of a group."""

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, is_owner, logged_in, staff, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.groups.group.roles import organizes, owns
from chalicelib.resources.ownership import belong_to_the_caller
from chalicelib.resources.policies import ACCOUNT_HOLDER


class UserFollowGroup(Model):
    __tablename__ = "user_follow_groups"
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    user_id: Mapped[int] = owned_by("users.id")
    group_id: Mapped[int] = owned_by("groups.id", index=False)

    # The second index is for pages of a group's followers, in the order of the page.
    __table_args__ = (
        UniqueConstraint("user_id", "group_id", name="uq_user_follow_groups"),
        Index("ix_user_follow_groups_group_id_id", "group_id", "id"),
    )


# Followers are visible to themselves and the group's organizers, unless their profile is public.
_KNOWN = (
    is_owner("user_id")
    | staff
    | owns("group_id")
    | organizes("group_id")
    | where_sql(
        sql("(SELECT fan.is_profile_public FROM users fan WHERE fan.id = ", ROW["user_id"], ")"),
        "the profile is public",
        of_row=True,
    )
)


class UserFollowGroupSchema(Schema):
    group = ToOne("group", inverse="followers", required=True)
    user = ToOne("user", inverse="followed-groups", scope=_KNOWN, inverse_scope=ACCOUNT_HOLDER)


USER_FOLLOW_GROUP = Resource(
    "user-follow-group",
    UserFollowGroup,
    UserFollowGroupSchema,
    path="user-follow-groups",
    methods=frozenset({"create", "read", "delete"}),
    policy=Policy(
        see=logged_in,
        create=logged_in,
        change=is_owner("user_id") | staff,
        remove=is_owner("user_id") | staff,
    ),
    before_write=[belong_to_the_caller],
    constraint_errors={
        "uq_user_follow_groups": ("/data/relationships/group", "You follow this group already.")
    },
    shared=True,
)
