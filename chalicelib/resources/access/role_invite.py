"""Invitations to play a part at an event, sent by e-mail and accepted with the token in that mail."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth.roles import BUILT_IN, COORGANIZERS, ORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.fields import Schema, ToOne, fields, validate
from chalicelib.jsonapi.policy import Policy, holds, staff
from chalicelib.jsonapi.resource import Resource
from chalicelib.limits.declared import INVITES
from chalicelib.resources.access import role_invite_rules
from chalicelib.resources.attributes import moment
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.identifiers import new_token
from chalicelib.resources.policies import addressed_to
from chalicelib.resources.value_fields import EmailAddress

STATES = ["pending", "accepted", "declined"]


class RoleInvite(Model):
    __tablename__ = "role_invites"
    email: Mapped[str]
    # Whoever shows it has read the invited person's mail.
    hash: Mapped[str] = mapped_column(unique=True, default=new_token)
    created_at: Mapped[CreatedAt]
    role_name: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    event_id: Mapped[int] = owned_by("events.id")
    role_id: Mapped[int] = owned_by("roles.id")

    __table_args__ = (Index("uq_role_invites_email", "event_id", text("lower(email)"), unique=True),)


class RoleInviteSchema(Schema):
    email = EmailAddress(required=True)
    # The team must not see it: it verifies the invited person's account.
    hash = fields.Str(dump_only=True, metadata={"seen_by": staff | addressed_to("email")})
    created_at = moment(dump_only=True)
    # Sent, it must be the name of the role that is linked.
    role_name = fields.Str(validate=validate.OneOf(list(BUILT_IN)), metadata={"example": None})
    status = fields.Str(validate=validate.OneOf(STATES))

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
