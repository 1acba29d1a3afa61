"""Invitations to a role at an event, sent by email and accepted with the token in it."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import BUILT_IN, COORGANIZERS, ORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.limits.declared import INVITES
from chalicelib.resources.access import role_invite_rules
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.identifiers import new_token
from chalicelib.resources.policies import addressed_to, holds
from chalicelib.resources.value_fields import EmailAddress

STATES = ["pending", "accepted", "declined"]


class RoleInvite(Model):
    __tablename__ = "role_invites"
    email: Mapped[str] = attr(EmailAddress, required=True)
    # Proves access to the invited person's mailbox, and verifies their account: the team must not see it.
    hash: Mapped[str] = attr(
        read_only=True, seen_by=staff | addressed_to("email"), unique=True, default=new_token
    )
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    # If sent, it must be the name of the linked role.
    role_name: Mapped[str] = attr(choices=list(BUILT_IN), example=None)
    status: Mapped[str] = attr(choices=STATES, default="pending")
    event_id: Mapped[int] = owned_by("events.id")
    role_id: Mapped[int] = owned_by("roles.id")

    __table_args__ = (Index("uq_role_invites_email", "event_id", text("lower(email)"), unique=True),)


class RoleInviteSchema(Schema):
    event = ToOne("event", inverse="role-invites", required=True, inverse_scope=holds(COORGANIZERS, "id"))
    role = ToOne("role", required=True)


ROLE_INVITE = Resource(
    "role-invite",
    RoleInvite,
    RoleInviteSchema,
    path="role-invites",
    offers=frozenset({"create", "read", "delete"}),
    limited_by=INVITES,
    policy=Policy(
        see=holds(COORGANIZERS) | addressed_to("email"),
        create=holds(ORGANIZERS),
        change=holds(ORGANIZERS),
        remove=holds(ORGANIZERS),
    ),
    before_write=[
        role_invite_rules.begin_as_pending,
        role_invite_rules.name_the_role,
        role_invite_rules.invite_nobody_above_oneself,
        role_invite_rules.stay_at_the_event,
    ],
    before_delete=[role_invite_rules.keep_what_was_accepted],
    conflicts={
        "uq_role_invites_email": ("/data/attributes/email", "This address is invited to the event already.")
    },
)
