"""Only an event's owner, being owner or organizer of the group, may set event.group."""

from chalicelib import db
from chalicelib.auth.roles import OWNER
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context

_POINTER = "/data/relationships/group"
_HAS_A_SAY = """
SELECT 1 FROM groups
WHERE id = $1 AND ((user_id = $2 AND profile_id IS NOT DISTINCT FROM $3::bigint) OR EXISTS (
    SELECT 1 FROM users_groups_roles held
    WHERE held.group_id = groups.id AND held.user_id = $2 AND held.accepted
    AND held.profile_id IS NOT DISTINCT FROM $3::bigint))
"""


def join_groups_of_ones_own(context: Context, change: Change) -> None:
    """An event joins a group by its own owner, if that is the group's owner or an organizer there.

    The event counts as not yet announced in its new group.
    """
    row, viewer = change.row, context.viewer
    if not change.is_new and "group_id" not in change.before:
        return
    if change.is_new and row.group_id is None:
        return
    if not change.is_new:
        row.is_announced = False
        if not viewer.has_role(OWNER, row.id):
            raise forbidden("Only the owner of an event decides about its group.", _POINTER)
    if row.group_id is None or viewer.is_staff:
        return
    values = [row.group_id, viewer.id, viewer.profile_id]
    if not db.fetch(context.session, _HAS_A_SAY, values, flush=False):
        raise forbidden("You neither own this group nor organize it.", _POINTER)
