"""People who help to run a group."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.groups.users_groups_role import UsersGroupsRole
from tests.factories.group import make_group
from tests.factories.role import built_in

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a group's owner could send to invite somebody; the role comes as a relationship."""
    return {"email": f"curator{next(_number)}@example.org"}


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """The only role that groups know."""
    return {"role": ("role", built_in(session, "organizer"))}


def make_users_groups_role(session: Session, *, group: Group | None = None, **values: Any) -> UsersGroupsRole:
    """An invitation to organize a new group unless one is given; accepted=True, user_id=... when accepted."""
    defaults = {
        **attributes(),
        "group_id": (group or make_group(session)).id,
        "role_id": built_in(session, "organizer").id,
    }
    row = UsersGroupsRole(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
