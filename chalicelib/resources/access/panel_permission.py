"""Panels of the administration, and whether they are accessible at all."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, ToMany, attr
from chalicelib.jsonapi.model.policy import staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import TrueByDefault
from chalicelib.resources.policies import STAFF_WRITES
from chalicelib.resources.value_fields import Key


class PanelPermission(Model):
    __tablename__ = "panel_permissions"
    panel_name: Mapped[str | None] = attr(Key, allow_null=False)
    can_access: Mapped[TrueByDefault] = attr()


class PanelPermissionSchema(Schema):
    custom_system_roles = ToMany(
        "custom-system-role",
        through="custom_system_roles_panel_permissions",
        left="panel_permission_id",
        right="custom_system_role_id",
        inverse="panel-permissions",
        creates=True,
        inverse_creates=True,
    )


PANEL_PERMISSION = Resource(
    "panel-permission",
    PanelPermission,
    PanelPermissionSchema,
    path="panel-permissions",
    # Which panels a role can access is public, so they appear with roles; their own list is not.
    policy=STAFF_WRITES.replace(read=staff),
)
