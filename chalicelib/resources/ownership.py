"""Hooks of rows owned by their creator, such as a favourite."""

from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.profile_owned import ProfileOwned


def belong_to_the_caller(context: Context, change: Change) -> None:
    """Hook: the creator owns a new row; only staff creates one for, or gives one to, another user."""
    row, viewer = change.row, context.viewer
    pointer = "/data/relationships/user"
    if change.is_new and row.user_id is None:
        row.user_id = viewer.id
    keep_to_the_profile(context, change)
    if row.user_id is None:
        raise invalid("It belongs to somebody: remove it instead.", pointer)
    if viewer.is_staff:
        return
    if (change.is_new and row.user_id != viewer.id) or "user_id" in change.before:
        raise forbidden("It can only be your own, and stays with whom it is.", pointer)


def keep_to_the_profile(context: Context, change: Change) -> None:
    """Hook: a new row belongs to the viewer's current profile; another user's row to none."""
    viewer, user_id = context.viewer, change.row.user_id
    if isinstance(change.row, ProfileOwned) and (change.is_new or "user_id" in change.before):
        change.row.profile_id = viewer.profile_id if user_id == viewer.id else None
