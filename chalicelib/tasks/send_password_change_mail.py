"""Security notice to the owner when a password was changed."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.orm import Session

from chalicelib import outbox, signals
from chalicelib.limits.limit import Exempt
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log

NAME = "send_password_change_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChange(MailTemplate):
    """That a password was changed."""

    folder: ClassVar[str] = "password_change"


@task(NAME, limited_by=(Exempt("whoever sets a password has shown that the account is theirs"),))
def send_password_change_mail(session: Session, user_id: int) -> None:
    """Email that the password was changed, and what to do if that was not intended. Raises RetryLater."""
    user = session.get(User, user_id)
    if user is None:
        raise RetryLater(f"there is no user {user_id}")
    if user.deleted_at is not None:
        return
    send_and_log(
        session,
        "password_change",
        PasswordChange().mail(user.email, f"{settings().web_url}/forgot-password"),
    )


@signals.on("user.password_changed")
def _tell_the_owner(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"user_id": id})
