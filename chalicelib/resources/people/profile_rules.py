"""Hooks of profiles: owner, staff powers, and conditions for deletion."""

from typing import TYPE_CHECKING, Final

from chalicelib import clock, db
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.resources.orders.states import LIVING, listed
from chalicelib.resources.people.profile_rows import OF_PROFILE

if TYPE_CHECKING:
    from chalicelib.jsonapi.model.change import Change
    from chalicelib.jsonapi.model.context import Context

_IS_STAFF: Final = "/data/attributes/is-staff"

# SQL: a profile with rows is not purged, as they would become the user's own.
HOLDS_ANYTHING: Final = " OR ".join(
    f"EXISTS (SELECT FROM {table} WHERE profile_id = {{t}}.id)" for table in OF_PROFILE
)
# Constraints that joining and detaching accounts may violate.
CONFLICTS: Final = {
    "uq_users_events_roles": ("", "Both have the same role at an event: one of them gives it up first."),
    "uq_users_groups_roles_user": ("", "Both organize the same group: one of them leaves it first."),
    "uq_speakers_email": ("/email", "A speaker at one of the events has this e-mail address."),
    "uq_users_email": ("/email", "This e-mail address is taken."),
}  # fmt: skip

_NEEDED: Final = f"""
SELECT
  EXISTS (SELECT FROM users_events_roles held JOIN events ON events.id = held.event_id
          WHERE held.profile_id = $1 AND events.deleted_at IS NULL),
  EXISTS (SELECT FROM groups WHERE profile_id = $1 AND deleted_at IS NULL),
  EXISTS (SELECT FROM orders JOIN events ON events.id = orders.event_id
          WHERE orders.profile_id = $1 AND events.deleted_at IS NULL AND events.ends_at > $2
          AND orders.status IN {listed(LIVING)})
"""  # noqa: S608 - no user input
_REFUSALS: Final = (
    "This profile holds a role at an event: hand that over first.",
    "This profile owns a group: remove that first.",
    "This profile has orders for an event that is still to come.",
)


def stay_with_its_person(context: "Context", change: "Change") -> None:
    """A profile is created by its user, or for them by a super admin; the user is immutable."""
    row, viewer = change.row, context.viewer
    if change.is_new and row.user_id is None:
        row.user_id = viewer.id
    is_theirs = row.user_id == viewer.id or viewer.is_super_admin
    if "user_id" in change.before or (change.is_new and not is_theirs):
        raise forbidden("A profile is its maker's, and stays so.", "/data/relationships/user")


def keep_staff_powers_with_staff(context: "Context", change: "Change") -> None:
    """Only users with staff powers in effect set whether a profile has them.

    Else a token without them could move them out of their profile.
    """
    row = change.row
    appears = change.is_new or change.restores
    if not (row.is_staff if appears else "is_staff" in change.before):
        return
    if not context.viewer.is_staff:
        raise forbidden("Only staff, while acting as such, says where staff powers count.", _IS_STAFF)
    if row.is_staff and row.user_id != context.viewer.id and not _is_staff(context, row.user_id):
        raise invalid("The user of this profile is no staff.", _IS_STAFF)


def take_staff_powers_to_remove_them(context: "Context", change: "Change") -> None:
    """Deleting a staff profile needs its staff powers, as they would be unrestricted without it."""
    if change.row.is_staff and not context.viewer.is_staff:
        raise forbidden("Act under a staff profile to remove one.")


def stay_while_needed(context: "Context", change: "Change") -> None:
    """A profile with a role at an event, a group, or orders for a future event is not deleted."""
    (needed,) = db.fetch(context.session, _NEEDED, [change.row.id, clock.now()])
    for holds, refusal in zip(needed, _REFUSALS, strict=True):
        if holds:
            raise conflict(refusal)
    if context.registry["profile"].stamps(context.request.options):
        return
    # Without soft delete it could not be restored, and its rows would become the user's own.
    anything = f"SELECT 1 FROM profiles t WHERE t.id = $1 AND ({HOLDS_ANYTHING.format(t='t')})"  # noqa: S608
    if db.fetch(context.session, anything, [change.row.id]):
        raise conflict("Something still belongs to this profile.")


def _is_staff(context: "Context", user_id: int) -> bool:
    sql = "SELECT is_admin OR is_super_admin FROM users WHERE id = $1 AND deleted_at IS NULL"
    return db.fetch(context.session, sql, [user_id], flush=False) == [[True]]
