"""Invitations to play a part at an event, sent by e-mail and accepted with the token in that mail.

Who may invite whom to which role, and what an invitation cannot do any more once it is accepted.
"""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.auth.roles import BUILT_IN, COORGANIZERS, ORGANIZERS, OWNER_ROLE
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.limits.declared import INVITES
from chalicelib.resources.access.role.ranks import demand_rank, name_of
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.identifiers import new_token
from chalicelib.resources.policies import has_role, owns_email
from chalicelib.resources.value_fields import EmailAddress

STATES = ["pending", "accepted", "declined"]


ACCEPTED = "accepted"


class RoleInvite(Model):
    __tablename__ = "role_invites"
    email: Mapped[str] = attr(EmailAddress, required=True)
    # Proves access to the invited person's mailbox, and verifies their account: the team must not see it.
    hash: Mapped[str] = attr(
        read_only=True, seen_by=staff | owns_email("email"), unique=True, default=new_token
    )
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    # If sent, it must be the name of the linked role.
    role_name: Mapped[str] = attr(choices=list(BUILT_IN), example=None)
    status: Mapped[str] = attr(choices=STATES, default="pending")
    event_id: Mapped[int] = owned_by("events.id")
    role_id: Mapped[int] = owned_by("roles.id")

    __table_args__ = (Index("uq_role_invites_email", "event_id", text("lower(email)"), unique=True),)


class RoleInviteSchema(Schema):
    event = ToOne("event", inverse="role-invites", required=True, inverse_scope=has_role(COORGANIZERS, "id"))
    role = ToOne("role", required=True)


def begin_as_pending(_context: Context, change: Change) -> None:
    """A new invitation is pending, whatever was sent: only the invited person accepts."""
    if change.is_new:
        change.row.status = "pending"


def name_the_role(context: Context, change: Change) -> None:
    """Set the role's name from the role; a different one is refused."""
    row: RoleInvite = change.row
    name = name_of(context, row.role_id)
    if change.is_new and row.role_name not in (None, name):
        raise invalid("role-name is not the name of the role.", "/data/attributes/role-name")
    row.role_name = name or row.role_name


def invite_nobody_above_oneself(context: Context, change: Change) -> None:
    """Refuse invitations to a higher role than the viewer's own, and changes of such.

    An event has one owner: only the owner invites the next one, and only one at a time.
    """
    row: RoleInvite = change.row
    if not (change.is_new or "role_id" in change.before):
        return
    names = [row.role_name]
    if not change.is_new:
        names.append(name_of(context, change.before["role_id"]) or "")
    demand_rank(context, row.event_id, names, "/data/relationships/role")
    if row.role_name != OWNER_ROLE:
        return
    db.fetch(
        context.session,
        "DELETE FROM role_invites WHERE event_id = $1 AND role_name = $2 AND status = 'pending' "
        "AND id IS DISTINCT FROM $3::bigint",
        [row.event_id, OWNER_ROLE, row.id],
        flush=False,
    )


def stay_at_the_event(_context: Context, change: Change) -> None:
    """The event is immutable, and after acceptance the role too."""
    if "event_id" in change.before:
        raise forbidden("An invitation stays at its event.", "/data/relationships/event")
    if change.before and change.row.status == ACCEPTED:
        raise conflict("The invitation was accepted; change the person's role instead.", "/data")


def keep_what_was_accepted(context: Context, change: Change) -> None:
    """An accepted invitation is removed by removing the role; one to a higher role cannot be withdrawn."""
    demand_rank(context, change.row.event_id, [change.row.role_name])
    if change.row.status == ACCEPTED:
        raise conflict("The invitation was accepted; remove the person's role instead.")


ROLE_INVITE = Resource(
    "role-invite",
    RoleInvite,
    RoleInviteSchema,
    path="role-invites",
    methods=frozenset({"create", "read", "delete"}),
    limited_by=INVITES,
    policy=Policy(
        see=has_role(COORGANIZERS) | owns_email("email"),
        create=has_role(ORGANIZERS),
        change=has_role(ORGANIZERS),
        remove=has_role(ORGANIZERS),
    ),
    before_write=[
        begin_as_pending,
        name_the_role,
        invite_nobody_above_oneself,
        stay_at_the_event,
    ],
    before_delete=[keep_what_was_accepted],
    constraint_errors={
        "uq_role_invites_email": ("/data/attributes/email", "This address is invited to the event already.")
    },
)
