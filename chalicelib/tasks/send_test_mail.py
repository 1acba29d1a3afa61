"""Test email, by which staff sees that mails arrive."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from chalicelib import outbox, signals
from chalicelib.limits.declared import TEST_MAILS
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log

NAME: Final = "send_test_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMail(MailTemplate):
    """A mail that says that it arrives."""

    folder: ClassVar[str] = "test_mail"


@task(NAME, limited_by=(TEST_MAILS,))
def send_test_mail(session: Session, recipient: str) -> None:
    """Email the recipient."""
    send_and_log(session, "test_mail", TestMail().mail(recipient))


@signals.on("mail.test_requested")
def _it_is_wanted(session: Session, *, recipient: str, **_payload: object) -> None:
    outbox.add(session, NAME, {"recipient": recipient})
