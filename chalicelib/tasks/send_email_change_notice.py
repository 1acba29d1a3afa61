"""Security notice to the former address when an account's email address was changed."""

from sqlalchemy.orm import Session

from chalicelib import outbox, signals
from chalicelib.limits.declared import ADDRESS_CHANGE
from chalicelib.mail import Mail
from chalicelib.tasks.post import post
from chalicelib.tasks.registry import task

NAME = "send_email_change_notice"


@task(NAME, limited_by=(ADDRESS_CHANGE,))
def send_email_change_notice(session: Session, former: str, email: str) -> None:
    """Email the former address which one has replaced it."""
    post(
        session,
        "user_change_email",
        Mail(
            to=former,
            subject="Your e-mail address was changed",
            paragraphs=(
                f"Your account is now reached at {email}, and no longer at this address.",
                "If it was not you, write to us.",
            ),
        ),
    )


@signals.on("user.email_changed")
def _tell_the_old_address(session: Session, *, former: str, email: str, **_payload: object) -> None:
    outbox.add(session, NAME, {"former": former, "email": email})
