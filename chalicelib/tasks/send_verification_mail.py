"""Verification email for a new account or a changed address."""

from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import quote

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import FIRST_MAIL, VERIFICATION_MAIL
from chalicelib.resources.people.user.one_time_tokens import Purpose, issue
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log

NAME = "send_verification_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(MailTemplate):
    """Whether an address is the account's."""

    folder: ClassVar[str] = "verification"


@task(NAME, limited_by=(FIRST_MAIL, VERIFICATION_MAIL))
def send_verification_mail(session: Session, user_id: int, kind: str = "user_confirmation") -> None:
    """Email the link that verifies the account's address. Nothing if obsolete. Raises RetryLater."""
    user = session.get(User, user_id)
    if user is None:
        raise RetryLater(f"there is no user {user_id}")
    if user.is_verified or user.deleted_at is not None:
        log.info("the address needs no verification any more", user_id=user_id)
        return
    token = issue(session, Purpose.EMAIL_VERIFICATION, user)
    draft = Verification().mail(user.email, f"{settings().web_url}/verify?token={quote(token, safe='')}")
    send_and_log(session, kind, replace(draft, holds_secret=True))


@signals.on("user.created")
def _welcome(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"user_id": id, "kind": "user_registration"})


@signals.on("user.verification_requested")
def _ask_whose_address_it_is(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"user_id": id})
