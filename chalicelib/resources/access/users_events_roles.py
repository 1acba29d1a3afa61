"""Roles held at events. A row comes from an accepted invitation or from creating an event."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS, OWNER_ROLE
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.access.role.ranks import demand_rank, name_of
from chalicelib.resources.policies import has_role
from chalicelib.resources.profile_owned import ProfileOwned


class UsersEventsRoles(ProfileOwned, Model):
    __tablename__ = "users_events_roles"
    user_id: Mapped[int] = owned_by("users.id")
    event_id: Mapped[int] = owned_by("events.id")
    role_id: Mapped[int] = owned_by("roles.id")

    __table_args__ = (UniqueConstraint("user_id", "event_id", "role_id", name="uq_users_events_roles"),)


class UsersEventsRolesSchema(Schema):
    event = ToOne(
        "event",
        inverse="roles",
        required=True,
        inverse_paths=("users-events-roles",),
        inverse_scope=has_role(COORGANIZERS, "id"),
    )
    user = ToOne("user", required=True)
    role = ToOne("role", required=True)


def promote_only_below_oneself(context: Context, change: Change) -> None:
    """Refuse to make somebody owner by an edit, or to decide about a higher role; person and event are
    immutable.
    """
    row: UsersEventsRoles = change.row
    if {"user_id", "event_id"} & change.before.keys():
        raise forbidden("A role stays with its person and its event; invite the other person instead.")
    if "role_id" not in change.before:
        return
    pointer = "/data/relationships/role"
    names = [name_of(context, role_id) for role_id in (change.before["role_id"], row.role_id)]
    if OWNER_ROLE in names:
        raise forbidden("Ownership passes by an invitation that is accepted, not by an edit.", pointer)
    demand_rank(context, row.event_id, names, pointer)


def remove_nobody_above_oneself(context: Context, change: Change) -> None:
    """Refuse to remove the owner, or a higher role than the viewer's own."""
    name = name_of(context, change.row.role_id)
    if name == OWNER_ROLE:
        raise forbidden("The owner of an event cannot be removed.")
    demand_rank(context, change.row.event_id, [name])


def take_the_invitation_back(context: Context, change: Change) -> None:
    """Delete the invitation that the role came from, so that the person can be invited again."""
    row: UsersEventsRoles = change.row
    db.fetch(
        context.session,
        "DELETE FROM role_invites invite USING users WHERE users.id = $1 AND invite.event_id = $2 "
        "AND invite.role_id = $3 AND lower(invite.email) = lower(users.email)",
        [row.user_id, row.event_id, row.role_id],
    )


USERS_EVENTS_ROLES = Resource(
    "users-events-roles",
    UsersEventsRoles,
    UsersEventsRolesSchema,
    path="users-events-roles",
    methods=frozenset({"read", "update", "delete"}),
    policy=Policy(
        see=has_role(COORGANIZERS),
        create=nobody,
        change=has_role(COORGANIZERS),
        remove=has_role(COORGANIZERS),
    ),
    before_write=[promote_only_below_oneself],
    before_delete=[remove_nobody_above_oneself, take_the_invitation_back],
    constraint_errors={
        "uq_users_events_roles": ("/data/relationships/role", "This person has that role at the event.")
    },
)
