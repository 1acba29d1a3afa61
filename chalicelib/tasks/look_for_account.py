"""Looks up the account for a requested email (password reset, verification), asynchronously.

Done later, so that neither the text nor the timing of the response discloses whether an address is
registered.
"""

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.resources.people.user.account_lookup import account_with
from chalicelib.tasks.registry import task

NAME = "look_for_account"
_PASSWORD_RESET, _VERIFICATION = "password reset", "verification"


@task(NAME)
def look_for_account(session: Session, email: str, wanted: str) -> None:
    """Emit the signal for the email that is `wanted`. Nothing when no account has this address."""
    user = account_with(session, email)
    if user is None:
        log.info("no account has the address that a mail was asked for", wanted=wanted)
    elif wanted == _PASSWORD_RESET:
        signals.emit(session, "user.password_reset_requested", id=user.id)
    elif not user.is_verified:
        signals.emit(session, "user.verification_requested", id=user.id)


@signals.on("user.password_reset_asked_for")
def _for_a_password(session: Session, *, email: str, **_payload: object) -> None:
    outbox.add(session, NAME, {"email": email, "wanted": _PASSWORD_RESET})


@signals.on("user.verification_asked_for")
def _for_a_verification(session: Session, *, email: str, **_payload: object) -> None:
    outbox.add(session, NAME, {"email": email, "wanted": _VERIFICATION})
