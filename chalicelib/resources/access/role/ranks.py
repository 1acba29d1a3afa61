"""Role hierarchy: nobody decides about a role that is higher than their own.

Every change of a role checks it: granting, revoking, promoting, demoting and inviting.
"""

from collections.abc import Iterable
from typing import Final

from chalicelib.auth.roles import COORGANIZERS, ORGANIZER_ROLE, ORGANIZERS, OWNER, OWNER_ROLE
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.access.role.role import Role

# Roles that may grant or revoke this role; for others: owner, organizers and coorganizers.
_DECIDED_BY: Final = {OWNER_ROLE: OWNER, ORGANIZER_ROLE: ORGANIZERS}
_REFUSALS: Final = {
    OWNER_ROLE: "Only the owner decides who is owner.",
    ORGANIZER_ROLE: "Only the owner and organizers decide who is organizer.",
}


def demand_rank(
    context: Context, event_id: int, names: Iterable[str | None], pointer: str | None = None
) -> None:
    """Raise Problem 403 unless the viewer may grant and revoke each of these roles at the event."""
    for name in names:
        if not context.viewer.has_role(_DECIDED_BY.get(name or "", COORGANIZERS), event_id):
            raise forbidden(
                _REFUSALS.get(name or "", "Only the event's team decides about its roles."), pointer
            )


def name_of(context: Context, role_id: int | None) -> str | None:
    """The role's name, or None if there is no such role."""
    role = context.session.get(Role, role_id) if role_id is not None else None
    return role.name if role is not None else None
