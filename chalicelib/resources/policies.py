"""Policies and rules that several types share."""

from typing import Final

from chalicelib.auth.roles import COORGANIZERS, TRACK_ORGANIZERS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import sql
from chalicelib.jsonapi.model import policy
from chalicelib.jsonapi.model.policy import (
    Policy,
    anyone,
    editable_with,
    is_owner,
    nobody,
    staff,
    visible_with,
    where_sql,
)
from chalicelib.jsonapi.model.rules import HasAddress, Rule


def has_role(roles: frozenset[str], at: str = "event") -> Rule:
    """The viewer has one of the roles at the row's event; staff passes.

    `at` is a to-one relationship, a path of them ("custom_form.event"), or "id" for the event itself.
    """
    return policy.has_role(roles, at)


def written_by(roles: frozenset[str], event: str = "event") -> Policy:
    """Visible with the event; written by those with one of the roles there."""
    writers = has_role(roles, event)
    return Policy(see=visible_with(event), create=writers, change=writers, remove=writers)


def organizers_write(event: str = "event") -> Policy:
    """Visible with the event; written by its owner, organizers and coorganizers."""
    return written_by(COORGANIZERS, event)


def track_organizers_write(event: str = "event") -> Policy:
    """As organizers_write, and track organizers write too."""
    return written_by(TRACK_ORGANIZERS, event)


def works_at(roles: frozenset[str], relation: str = "event", event: str = "event") -> Rule:
    """Those with one of the roles at the event, if it is visible to them: a draft is visible to organizers
    only.

    `relation` leads to what must be visible, and `event` to the event itself.
    """
    return has_role(COORGANIZERS, event) | (has_role(roles, event) & visible_with(relation))


def written_with(relation: str) -> Policy:
    """Visible with the row it belongs to; written by those who may change that row."""
    writers = editable_with(relation)
    return Policy(see=visible_with(relation), create=writers, change=writers, remove=writers)


STAFF_WRITES: Final = Policy(see=anyone, create=staff, change=staff, remove=staff)

# Visible to staff only.
STAFF_ONLY: Final = Policy(see=staff, create=staff, change=staff, remove=staff)

# Reports for staff: computed, so read-only.
STAFF_READS: Final = Policy(see=staff, create=nobody, change=nobody, remove=nobody)

# Staff changes existing rows; they are inserted by a migration.
STAFF_EDITS: Final = Policy(see=anyone, create=nobody, change=staff, remove=nobody)

# For relationships of a user that only they see: `scope` and `inverse_scope`.
ACCOUNT_HOLDER: Final = is_owner("id") | staff


def private_to(column: str = "user_id") -> Policy:
    """Visible to and written by the user in this column and staff only."""
    keeper = is_owner(column) | staff
    return Policy(see=keeper, create=keeper, change=keeper, remove=keeper, list=staff)


def owns_email(column: str = "email") -> Rule:
    """The email address in this column is the viewer's verified one."""
    return HasAddress(column)


def allowed_by_permission(name: str) -> Rule:
    """An unverified user to whom the user permission of this name is granted."""
    given = sql(
        f"EXISTS (SELECT 1 FROM user_permissions given WHERE given.name = '{name}' "  # noqa: S608
        "AND given.unverified_user AND given.deleted_at IS NULL)"
    )
    phrase = f"whoever is signed in, where staff lets the unverified ({name})"
    return where_sql(given, phrase, least=Kind.USER)
