"""Roles beside the built-in ones, which every database has."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.access.role.role import Role

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a role."""
    number = next(_number)
    return {"name": f"stage_hand_{number}", "title-name": f"Stage hand {number}"}


def make_role(session: Session, **values: Any) -> Role:
    """A role."""
    sent = attributes()
    role = Role(**{"name": sent["name"], "title_name": sent["title-name"], **values})
    session.add(role)
    session.flush()
    return role


def built_in(session: Session, name: str) -> Role:
    """The built-in role with this name."""
    return session.query(Role).filter(Role.name == name).one()
