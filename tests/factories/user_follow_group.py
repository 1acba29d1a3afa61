"""Followers of groups."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.groups.user_follow_group import UserFollowGroup
from chalicelib.resources.people.user.user import User
from tests.factories.group import make_group
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """It has nothing but relationships."""
    return {}


def make_user_follow_group(
    session: Session, *, user: User | None = None, group: Group | None = None, **values: Any
) -> UserFollowGroup:
    """Somebody follows a group; both are made unless given."""
    links = {"user_id": (user or make_user(session)).id, "group_id": (group or make_group(session)).id}
    row = UserFollowGroup(**{**links, **values})
    session.add(row)
    session.flush()
    return row
