"""Custom system roles: helpers of the staff, such as sales admins, who have access to some panels only."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_WRITES
from chalicelib.resources.value_fields import Key

custom_system_roles_panel_permissions = Table(
    "custom_system_roles_panel_permissions",
    Model.metadata,
    Column(
        "custom_system_role_id",
        BigInteger,
        ForeignKey("custom_system_roles.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "panel_permission_id",
        BigInteger,
        ForeignKey("panel_permissions.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


class CustomSystemRole(Model):
    __tablename__ = "custom_system_roles"
    name: Mapped[str] = attr(Key, required=True, unique=True)


class CustomSystemRoleSchema(Schema):
    """No attributes beyond the columns."""


CUSTOM_SYSTEM_ROLE = Resource(
    "custom-system-role",
    CustomSystemRole,
    CustomSystemRoleSchema,
    path="custom-system-roles",
    policy=STAFF_WRITES,
    constraint_errors={
        "uq_custom_system_roles_name": ("/data/attributes/name", "There is a system role with this name.")
    },
)
