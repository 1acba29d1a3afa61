"""Roles in a group: the owner created it, its organizers accepted an invitation."""

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.policy import where_sql
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer


def organizes(column: str) -> Rule:
    """The viewer is an accepted organizer of the group in this column ("id": the group itself)."""
    role = sql(
        "EXISTS (SELECT 1 FROM users_groups_roles held WHERE held.group_id = ",
        *(ROW[column], " AND ", of_viewer("held"), " AND held.accepted)"),
    )
    return where_sql(role, "organizers of the group who have accepted", least=Kind.USER)


def owns(column: str) -> Rule:
    """The viewer owns the group in this column, which is not deleted. Staff does not pass by itself: add `|
    staff`.
    """
    owned = sql(
        "EXISTS (SELECT 1 FROM groups owned WHERE owned.id = ",
        *(ROW[column], " AND ", of_viewer("owned"), " AND owned.deleted_at IS NULL)"),
    )
    return where_sql(owned, "the group's owner", least=Kind.USER)
