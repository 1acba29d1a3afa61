"""Roles and what they may: found by name, since ids of seed data differ between installations."""

from typing import Final

from chalicelib.moving_in.tables import Linked, Moved, overwrite, share

TABLES: Final = (
    Moved("roles", "roles", duplicates={"uq_roles_name": share}),
    Moved("services", "services", duplicates={"uq_services_name": share}),
    Moved(
        "permissions",
        "event_role_permissions",
        duplicates={"uq_event_role_permissions": overwrite},
    ),
    Moved(
        "panel_permissions",
        "panel_permissions",
        query="(SELECT * FROM panel_permissions WHERE panel_name IS NOT NULL)",
        natural="panel_name",
    ),
    Moved("custom_sys_roles", "custom_system_roles", duplicates={"uq_custom_system_roles_name": share}),
    Linked(
        "roles_panels",
        "custom_system_roles_panel_permissions",
        {"custom_system_role_id": "role_id", "panel_permission_id": "panel_permission_id"},
    ),
    Moved("user_permissions", "user_permissions", duplicates={"uq_user_permissions_name": overwrite}),
)
