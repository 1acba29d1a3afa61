"""User permissions: whether users may create and publish events before their address is verified."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.model.fields import attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import STAFF_WRITES
from chalicelib.resources.value_fields import Key


class UserPermission(SoftDeleted, Model):
    __tablename__ = "user_permissions"
    name: Mapped[str] = attr(Key, required=True, unique=True)
    description: Mapped[str | None] = attr()
    unverified_user: Mapped[bool | None] = attr()
    anonymous_user: Mapped[bool | None] = attr()


class UserPermissionSchema(Trashable):
    """No attributes beyond the columns."""


USER_PERMISSION = Resource(
    "user-permission",
    UserPermission,
    UserPermissionSchema,
    path="user-permissions",
    policy=STAFF_WRITES,
    constraint_errors={
        "uq_user_permissions_name": ("/data/attributes/name", "There is a permission with this name.")
    },
)
