"""Roles that people can have at an event, by name."""

from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import BUILT_IN
from chalicelib.db import Model
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, attr, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_WRITES
from chalicelib.resources.value_fields import Key


class Role(Model):
    __tablename__ = "roles"
    name: Mapped[str] = attr(Key, required=True, change_example=False, unique=True)
    title_name: Mapped[str | None] = attr(fields.Line)


class RoleSchema(Schema):
    """No attributes beyond the columns."""


def built_in_roles_keep_their_name(_context: Context, change: Change) -> None:
    """Policies refer to the built-in roles by name."""
    if change.before.get("name") in BUILT_IN:
        raise invalid("The name of a built-in role cannot change.", "/data/attributes/name")


def built_in_roles_stay(_context: Context, change: Change) -> None:
    """Built-in roles cannot be deleted."""
    if change.row.name in BUILT_IN:
        raise invalid("The built-in roles cannot be deleted.")


ROLE = Resource(
    "role",
    Role,
    RoleSchema,
    path="roles",
    policy=STAFF_WRITES,
    before_write=[built_in_roles_keep_their_name],
    before_delete=[built_in_roles_stay],
    constraint_errors={"uq_roles_name": ("/data/attributes/name", "There is a role with this name.")},
)
