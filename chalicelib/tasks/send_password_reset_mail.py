"""Somebody has forgotten their password: mail them the link that lets them set a new one."""

from urllib.parse import quote

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.mail import Mail
from chalicelib.resources.people.one_time_tokens import Purpose, issue
from chalicelib.resources.people.user import account_with
from chalicelib.settings import settings
from chalicelib.tasks.post import post
from chalicelib.tasks.registry import task

NAME = "send_password_reset_mail"


@task(NAME)
def send_password_reset_mail(session: Session, email: str) -> None:
    """Mail the link with a one-time token. Nothing when no account has this address."""
    user = account_with(session, email)
    if user is None:
        log.info("no account has the address that a new password was asked for")
        return
    token = issue(session, Purpose.PASSWORD_RESET, user)
    post(
        session,
        "password_reset",
        Mail(
            to=user.email,
            subject="Set a new password",
            paragraphs=(
                "Somebody, hopefully you, asked for a new password for the account with this address.",
                "The link works once, and for an hour.",
                "If it was not you, there is nothing to do: your password stays as it is.",
            ),
            link=(
                "Set a new password",
                f"{settings().web_url}/reset-password?token={quote(token, safe='')}",
            ),
        ),
    )


@signals.on("user.password_reset_requested")
def _send_the_link(session: Session, *, email: str, **_payload: object) -> None:
    outbox.add(session, NAME, {"email": email})
