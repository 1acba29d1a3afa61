"""Invitations to roles at events."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.role_invite import RoleInvite
from chalicelib.resources.events.event.event import Event
from tests.factories.event import make_event
from tests.factories.role import built_in

_number = count(1)


def attributes() -> dict[str, Any]:
    """What an organizer could send to invite somebody; the role comes as a relationship."""
    return {"email": f"helper{next(_number)}@example.org"}


def make_role_invite(
    session: Session, *, event: Event | None = None, role: str = "coorganizer", **values: Any
) -> RoleInvite:
    """A pending invitation to a new event unless one is given."""
    defaults = {
        **attributes(),
        "event_id": (event or make_event(session)).id,
        "role_id": built_in(session, role).id,
    }
    given = {**defaults, **values}
    row = RoleInvite(**{"role_name": session.get_one(Role, given["role_id"]).name, **given})
    session.add(row)
    session.flush()
    return row
