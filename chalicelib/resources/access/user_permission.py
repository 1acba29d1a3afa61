"""User permissions: whether people may create and publish events before their address is verified."""

from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.fields import fields
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import STAFF_WRITES
from chalicelib.resources.value_fields import Key


class UserPermission(SoftDeleted, Model):
    __tablename__ = "user_permissions"
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    unverified_user: Mapped[bool | None]
    anonymous_user: Mapped[bool | None]


class UserPermissionSchema(Trashable):
    name = Key(required=True)
    description = fields.Str(allow_none=True)
    unverified_user = fields.Bool(allow_none=True)
    anonymous_user = fields.Bool(allow_none=True)


USER_PERMISSION = Resource(
    "user-permission",
    UserPermission,
    UserPermissionSchema,
    path="user-permissions",
    policy=STAFF_WRITES,
    conflicts={
        "uq_user_permissions_name": ("/data/attributes/name", "There is a permission with this name.")
    },
)
