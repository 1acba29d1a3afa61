"""Password reset email with a one-time link."""

from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import quote

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import RESET_MAIL, RESET_MAIL_BY_SOURCE
from chalicelib.resources.people.user.one_time_tokens import Purpose, issue
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log

NAME = "send_password_reset_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset(MailTemplate):
    """The link that lets somebody set a new password."""

    folder: ClassVar[str] = "password_reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPassword(MailTemplate):
    """The same for an account that was made along with an order, whose owner has chosen no password."""

    folder: ClassVar[str] = "password_reset_verify"


@task(NAME, limited_by=(RESET_MAIL, RESET_MAIL_BY_SOURCE))
def send_password_reset_mail(session: Session, user_id: int) -> None:
    """Email the link with a one-time token. Nothing when the account is deleted. Raises RetryLater."""
    user = session.get(User, user_id)
    if user is None:
        raise RetryLater(f"there is no user {user_id}")
    if user.deleted_at is not None:
        log.info("the password needs no reset any more", user_id=user_id)
        return
    token = issue(session, Purpose.PASSWORD_RESET, user)
    address = f"{settings().web_url}/reset-password?token={quote(token, safe='')}"
    template = FirstPassword() if user.was_registered_with_order else PasswordReset()
    draft = replace(template.mail(user.email, address), holds_secret=True)
    send_and_log(session, template.folder, draft)


@signals.on("user.password_reset_requested")
def _send_the_link(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"user_id": id})
