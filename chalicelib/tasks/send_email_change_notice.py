"""Security notice to the former address when an account's email address was changed."""

from dataclasses import dataclass, replace
from typing import ClassVar

from sqlalchemy.orm import Session

from chalicelib import outbox, signals
from chalicelib.limits.declared import ADDRESS_CHANGE
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log

NAME = "send_email_change_notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange(MailTemplate):
    """Which address has taken the place of the one that is mailed."""

    folder: ClassVar[str] = "email_change"
    email: str


@task(NAME, limited_by=(ADDRESS_CHANGE,))
def send_email_change_notice(session: Session, former: str, email: str) -> None:
    """Email the former address which one has replaced it."""
    send_and_log(
        session,
        "user_change_email",
        replace(EmailChange(email=email).mail(former), reader=email),
    )


@signals.on("user.email_changed")
def _tell_the_old_address(session: Session, *, former: str, email: str, **_payload: object) -> None:
    outbox.add(session, NAME, {"former": former, "email": email})
