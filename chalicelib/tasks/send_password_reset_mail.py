"""Somebody has forgotten their password: mail them the link that lets them set a new one."""

from urllib.parse import quote

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import RESET_MAIL, RESET_MAIL_BY_SOURCE
from chalicelib.mail import Mail
from chalicelib.resources.people.user.one_time_tokens import Purpose, issue
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.post import post
from chalicelib.tasks.registry import NotYet, task

NAME = "send_password_reset_mail"


@task(NAME, limited_by=(RESET_MAIL, RESET_MAIL_BY_SOURCE))
def send_password_reset_mail(session: Session, user_id: int) -> None:
    """Mail the link with a one-time token. Nothing when the account is gone."""
    user = session.get(User, user_id)
    if user is None:
        raise NotYet(f"there is no user {user_id}")
    if user.deleted_at is not None:
        log.info("the password needs no reset any more", user_id=user_id)
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
def _send_the_link(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"user_id": id})
