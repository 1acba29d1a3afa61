"""What a role may do with a part of an event, as shown to staff; informative only: policies do not use it."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import TrueByDefault
from chalicelib.resources.policies import STAFF_EDITS


class EventRolePermissions(Model):
    __tablename__ = "event_role_permissions"
    can_create: Mapped[TrueByDefault] = attr()
    can_read: Mapped[TrueByDefault] = attr()
    can_update: Mapped[TrueByDefault] = attr()
    can_delete: Mapped[TrueByDefault] = attr()
    role_id: Mapped[int] = owned_by("roles.id")
    service_id: Mapped[int] = owned_by("services.id")

    __table_args__ = (UniqueConstraint("role_id", "service_id", name="uq_event_role_permissions"),)


class EventRolePermissionsSchema(Schema):
    role = ToOne("role", required=True)
    service = ToOne("service", required=True)


EVENT_ROLE_PERMISSIONS = Resource(
    "event-role-permissions",
    EventRolePermissions,
    EventRolePermissionsSchema,
    path="event-role-permissions",
    methods=frozenset({"list", "read", "update"}),
    policy=STAFF_EDITS.replace(list=staff),
    constraint_errors={
        "uq_event_role_permissions": (
            "/data/relationships/service",
            "The role has its rights for this service.",
        )
    },
)
