"""Who writes a speaker's profile, and whose address stands in it."""

from typing import TYPE_CHECKING

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.jsonapi.errors import forbidden
from chalicelib.jsonapi.policy import Policy, holds, logged_in, myself, seen_with

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context

_EMAIL = "/data/attributes/email"

POLICY = Policy(
    see=seen_with("event"),
    create=logged_in & seen_with("event"),
    change=holds(COORGANIZERS) | myself("user_id"),
    remove=holds(COORGANIZERS) | myself("user_id"),
)


def belong_to_the_caller(context: "Context", change: "Change") -> None:
    """A profile is made by its speaker, under the address they sign in with.

    Only organizers may choose another address, or none at all.
    """
    row = change.row
    if change.is_new:
        row.user_id, row.profile_id = context.viewer.id, context.viewer.profile_id
    if not context.viewer.holds(ORGANIZERS, row.event_id):
        if change.is_new:
            row.email = context.viewer.email
        elif "email" in change.before:
            row.email = change.before.pop("email")
    if row.is_email_overridden:
        row.email = None


def one_for_each_address(context: "Context", change: "Change") -> None:
    """An event has one profile for each address."""
    row = change.row
    if row.email is None:
        return
    taken = db.fetch(
        context.session,
        "SELECT 1 FROM speakers WHERE event_id = $1 AND lower(email) = lower($2) "
        "AND deleted_at IS NULL AND id IS DISTINCT FROM $3::bigint",
        [row.event_id, row.email, row.id],
    )
    if taken:
        raise forbidden("The event has a speaker with this e-mail address.", _EMAIL)
