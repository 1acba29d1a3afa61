"""What an account's owner must show before it changes, and what leaving means."""

import re
from typing import TYPE_CHECKING

from chalicelib import clock, db, signals
from chalicelib.auth import passwords
from chalicelib.auth.viewer import demand_fresh
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.http.limited import demand
from chalicelib.limits import scopes
from chalicelib.limits.declared import ADDRESS_CHANGE, FIRST_MAIL
from chalicelib.resources.orders.order.states import LIVING, listed

if TYPE_CHECKING:
    from chalicelib.jsonapi.model.change import Change
    from chalicelib.jsonapi.model.context import Context
    from chalicelib.resources.people.user.user import User

_SUFFIX = ".deleted"


def set_password(user: "User", password: str) -> None:
    """Store a new password. Whatever was given for the former one ends: tokens, sessions, reset mails.

    Raises passwords.Unfit.
    """
    user.password_hash = passwords.hashed(password)
    end_sessions(user)


def end_sessions(user: "User") -> None:
    """No access or refresh token that is out counts any more: the account gets another version."""
    user.tokens_revoked_at = clock.now()


def keep_passwords_hashed(_context: "Context", change: "Change") -> None:
    """A new account gets its password hashed; later it changes only where the old one is asked for."""
    if "password" not in change.sent:
        return
    if not change.is_new:
        raise forbidden("Change a password at /v1/auth/change-password.", "/data/attributes/password")
    try:
        set_password(change.row, change.sent["password"])
    except passwords.Unfit as reason:
        raise invalid(str(reason), "/data/attributes/password") from None


def verify_by_mail_only(context: "Context", change: "Change") -> None:
    """An account is verified by its mailbox, or by staff."""
    pointer = "/data/attributes/is-verified"
    if change.is_new and change.row.is_verified:
        raise invalid("A new account cannot be verified yet.", pointer)
    if "is_verified" in change.before and not context.viewer.is_staff:
        raise forbidden("An account is verified by the link in the mail.", pointer)


def change_address_freshly(context: "Context", change: "Change") -> None:
    """A new address needs a fresh sign-in, and must be verified again.

    Where somebody else changes it, who could sign in until now may not be who should.
    """
    former = change.before.get("email")
    if former is None or change.is_new:
        return
    demand_fresh(context.viewer, "Changing the e-mail address")
    if former.lower() != change.row.email.lower():
        change.row.is_verified = False
        if context.viewer.id != change.row.id:
            end_sessions(change.row)


def restore_address(context: "Context", change: "Change") -> None:
    """Any change brings a deleted account back, with its address unless somebody took it meanwhile."""
    row = change.row
    if row.deleted_at is not None:
        row.deleted_at, change.restores = None, True
    if not change.restores:
        return
    former = re.sub(rf"({re.escape(_SUFFIX)})+\Z", "", row.email)
    if former != row.email:
        if _is_taken(context, former):
            raise forbidden("Somebody else has this e-mail address now.", "/data/attributes/email")
        row.email = former


def tell_about_address(context: "Context", change: "Change") -> None:
    """A new address wants to be verified, and the old one to be told."""
    former = change.before.get("email")
    if former is not None and not change.restores and former.lower() != change.row.email.lower():
        demand(
            context,
            ADDRESS_CHANGE.counter(f"account {change.row.id}"),
            FIRST_MAIL.counter(scopes.address(change.row.email)),
        )
        signals.emit(
            context.session, "user.email_changed", id=change.row.id, former=former, email=change.row.email
        )
        signals.emit(context.session, "user.verification_requested", id=change.row.id)


def stay_while_needed(context: "Context", change: "Change") -> None:
    """Nobody leaves while an event counts on them."""
    needed = db.fetch(
        context.session,
        "SELECT 1 FROM users_events_roles held JOIN events ON events.id = held.event_id "
        "WHERE held.user_id = $1 AND events.deleted_at IS NULL LIMIT 1",
        [change.row.id],
    )
    if needed:
        raise forbidden("This account holds a role at an event: hand that over first.")
    expected = db.fetch(
        context.session,
        "SELECT 1 FROM attendees JOIN orders ON orders.id = attendees.order_id "  # noqa: S608 - no user input
        "JOIN events ON events.id = attendees.event_id "
        "WHERE lower(attendees.email) = lower($1) AND attendees.deleted_at IS NULL "
        f"AND orders.status IN {listed(LIVING)} "
        "AND events.deleted_at IS NULL AND events.ends_at > $2 LIMIT 1",
        [change.row.email, clock.now()],
    )
    if expected:
        raise forbidden("This account has tickets for an event that is still to come.")


def free_address(context: "Context", change: "Change") -> None:
    """A deleted account lets go of its address, so that it can be used again."""
    row = change.row
    if row.deleted_at is not None:
        return
    address = row.email + _SUFFIX
    while _is_taken(context, address):
        address += _SUFFIX
    row.email = address
    end_sessions(row)


def _is_taken(context: "Context", address: str) -> bool:
    return bool(db.fetch(context.session, "SELECT 1 FROM users WHERE lower(email) = lower($1)", [address]))
