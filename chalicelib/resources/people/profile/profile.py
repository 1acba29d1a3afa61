"""Profiles: the accounts that one person keeps apart, such as one for each organization they work for.

A user signs in, and acts under one of their profiles or as themselves. What they make under a
profile belongs to it, and so do the rights that come of it.

Whose a profile is, where staff powers count, and what must be settled before a profile goes.
"""

from typing import Final

from sqlalchemy.orm import Mapped

from chalicelib import clock, db
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, Row, joined, sql, text_of
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr, validate
from chalicelib.jsonapi.model.policy import Policy, is_owner, logged_in, super_admin
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import NullsAreAbsent, Trashable, web_address
from chalicelib.resources.columns import CreatedAt, FalseByDefault
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.orders.order.states import LIVING, listed
from chalicelib.resources.people.profile.rows import OF_PROFILE
from chalicelib.resources.value_fields import EmailAddress

KEEPER = is_owner("user_id") | super_admin
_IS_STAFF: Final = "/data/attributes/is-staff"
# While something is a profile's, emptying the trash must not make it its user's own.
HOLDS_ANYTHING: Final = joined(
    " OR ", (sql(f"EXISTS (SELECT FROM {table} WHERE profile_id = ", ROW["id"], ")") for table in OF_PROFILE)
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


class Profile(SoftDeleted, HasImageDetails, Model):
    __tablename__ = "profiles"
    # The organization, or whatever the person calls it.
    name: Mapped[str] = attr(required=True, validate=validate.Length(1, 200))
    title: Mapped[str | None] = attr()
    contact_email: Mapped[str | None] = attr(EmailAddress)
    phone: Mapped[str | None] = attr()
    website: Mapped[str | None] = attr(web_address)
    address: Mapped[str | None] = attr()
    city: Mapped[str | None] = attr()
    state: Mapped[str | None] = attr()
    country: Mapped[str | None] = attr()
    zipcode: Mapped[str | None] = attr()
    avatar_url: Mapped[str | None] = attr(web_address)
    thumbnail_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    icon_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    # Staff powers count under it, as far as its user has any.
    is_staff: Mapped[FalseByDefault] = attr(example=False)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    user_id: Mapped[int] = owned_by("users.id")


class ProfileSchema(NullsAreAbsent, PicturesShown, Trashable):
    user = ToOne("user")


def stay_with_its_person(context: Context, change: Change) -> None:
    """A profile is created by its user, or for them by a super admin; the user is immutable."""
    row, viewer = change.row, context.viewer
    if change.is_new and row.user_id is None:
        row.user_id = viewer.id
    is_theirs = row.user_id == viewer.id or viewer.is_super_admin
    if "user_id" in change.before or (change.is_new and not is_theirs):
        raise forbidden("A profile is its maker's, and stays so.", "/data/relationships/user")


def keep_staff_powers_with_staff(context: Context, change: Change) -> None:
    """Whoever has staff powers, and is using them, says under which profile they count.

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


def take_staff_powers_to_remove_them(context: Context, change: Change) -> None:
    """Deleting a staff profile needs its staff powers, as they would be unrestricted without it."""
    if change.row.is_staff and not context.viewer.is_staff:
        raise forbidden("Act under a staff profile to remove one.")


def stay_while_needed(context: Context, change: Change) -> None:
    """A profile with a role at an event, a group, or orders for a future event is not deleted."""
    (needed,) = db.fetch(context.session, _NEEDED, [change.row.id, clock.now()])
    for holds, refusal in zip(needed, _REFUSALS, strict=True):
        if holds:
            raise conflict(refusal)
    if context.registry["profile"].has_deleted_at(context.request.options):
        return
    # Without soft delete it could not be restored, and its rows would become the user's own.
    anything = sql("SELECT 1 FROM profiles t WHERE t.id = $1 AND (", HOLDS_ANYTHING.about(Row("t")), ")")
    if db.fetch(context.session, text_of(anything), [change.row.id]):
        raise conflict("Something still belongs to this profile.")


def _is_staff(context: Context, user_id: int) -> bool:
    sql = "SELECT is_admin OR is_super_admin FROM users WHERE id = $1 AND deleted_at IS NULL"
    return db.fetch(context.session, sql, [user_id], flush=False) == [[True]]


PROFILE = Resource(
    "profile",
    Profile,
    ProfileSchema,
    path="profiles",
    policy=Policy(
        see=KEEPER,
        create=logged_in,
        change=KEEPER,
        remove=KEEPER,
        purge=super_admin,
    ),
    before_write=[stay_with_its_person, keep_staff_powers_with_staff],
    before_delete=[stay_while_needed, take_staff_powers_to_remove_them],
    constraint_errors=CONFLICTS,
    retain_while=HOLDS_ANYTHING,
)
