"""Who may invite whom to which role, and what an invitation cannot do any more once it is accepted."""

from typing import TYPE_CHECKING

from chalicelib import db
from chalicelib.auth.roles import OWNER_ROLE
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.resources.access.role.ranks import demand_rank, name_of

if TYPE_CHECKING:
    from chalicelib.jsonapi.model.change import Change
    from chalicelib.jsonapi.model.context import Context
    from chalicelib.resources.access.role_invite import RoleInvite

ACCEPTED = "accepted"


def begin_as_pending(_context: "Context", change: "Change") -> None:
    """A new invitation waits, whatever was sent: only the invited person accepts."""
    if change.is_new:
        change.row.status = "pending"


def name_the_role(context: "Context", change: "Change") -> None:
    """The role's name is that of the role, and a different one was a mistake."""
    row: RoleInvite = change.row
    name = name_of(context, row.role_id)
    if change.is_new and row.role_name not in (None, name):
        raise invalid("role-name is not the name of the role.", "/data/attributes/role-name")
    row.role_name = name or row.role_name


def invite_nobody_above_oneself(context: "Context", change: "Change") -> None:
    """Nobody invites to a higher role than their own, or changes such an invitation.

    An event has one owner: the owner invites the next one, and only one at a time.
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


def stay_at_the_event(_context: "Context", change: "Change") -> None:
    """An invitation keeps its event, and once it is accepted its role as well."""
    if "event_id" in change.before:
        raise forbidden("An invitation stays at its event.", "/data/relationships/event")
    if change.before and change.row.status == ACCEPTED:
        raise conflict("The invitation was accepted; change the person's role instead.", "/data")


def keep_what_was_accepted(context: "Context", change: "Change") -> None:
    """An accepted invitation goes with its role; nobody takes one to a higher role than their own back."""
    demand_rank(context, change.row.event_id, [change.row.role_name])
    if change.row.status == ACCEPTED:
        raise conflict("The invitation was accepted; remove the person's role instead.")
