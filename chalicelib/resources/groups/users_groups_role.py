"""Organizers of a group: invited by its owner by email, effective once the invitation is accepted."""

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import ORGANIZER_ROLE
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, is_owner, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.limits.declared import INVITES
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.groups.group.roles import organizes, owns
from chalicelib.resources.identifiers import new_token
from chalicelib.resources.policies import owns_email
from chalicelib.resources.profile_owned import ProfileOwned
from chalicelib.resources.value_fields import EmailAddress


class UsersGroupsRole(ProfileOwned, Model):
    __tablename__ = "users_groups_roles"
    email: Mapped[str] = attr(EmailAddress, required=True)
    accepted: Mapped[FalseByDefault] = attr(read_only=True)
    # Proves access to the invited person's mailbox.
    token: Mapped[str] = attr(
        read_only=True, seen_by=staff | owns_email("email"), unique=True, default=new_token
    )
    user_id: Mapped[int | None] = linked_to("users.id")
    group_id: Mapped[int] = owned_by("groups.id")
    role_id: Mapped[int] = owned_by("roles.id")

    __table_args__ = (
        UniqueConstraint("user_id", "group_id", "role_id", name="uq_users_groups_roles_user"),
        Index("uq_users_groups_roles_email", "group_id", "role_id", text("lower(email)"), unique=True),
    )


class UsersGroupsRoleSchema(Schema):
    group = ToOne("group", inverse="roles", required=True, inverse_paths=("users-groups-roles",))
    user = ToOne("user")
    role = ToOne("role", required=True)


def invite_organizers_only(context: Context, change: Change) -> None:
    """Groups have no other role than organizer."""
    role = context.session.get(Role, change.row.role_id)
    if role is None or role.name != ORGANIZER_ROLE:
        raise forbidden("A group only has organizers.", "/data/relationships/role")


def let_the_person_accept(_context: Context, change: Change) -> None:
    """The user is set by accepting; nobody is made an organizer by others."""
    if change.is_new:
        change.row.user_id = None
    elif "user_id" in change.before:
        raise forbidden("The person is known when they accept.", "/data/relationships/user")


def keep_what_was_accepted(_context: Context, change: Change) -> None:
    """An accepted invitation is immutable."""
    if change.before and change.row.accepted:
        raise conflict("The invitation was accepted; remove it and invite again.", "/data")


_OWNER = owns("group_id") | staff

USERS_GROUPS_ROLE = Resource(
    "users-groups-role",
    UsersGroupsRole,
    UsersGroupsRoleSchema,
    path="users-groups-roles",
    methods=frozenset({"create", "read", "delete"}),
    limited_by=INVITES,
    policy=Policy(
        see=_OWNER | organizes("group_id") | is_owner("user_id") | owns_email("email"),
        create=_OWNER,
        change=_OWNER,
        remove=_OWNER | is_owner("user_id"),
    ),
    before_write=[invite_organizers_only, let_the_person_accept, keep_what_was_accepted],
    constraint_errors={
        "uq_users_groups_roles_email": ("/data/attributes/email", "This address is invited already."),
        "uq_users_groups_roles_user": ("/data/relationships/user", "This person has that role in the group."),
    },
)
