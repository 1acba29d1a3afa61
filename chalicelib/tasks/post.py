"""Sending a mail of a certain kind: not where staff has switched the kind off, and never unrecorded."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.mail import Mail, Undeliverable, send
from chalicelib.resources.admin.mail import Mail as SentMail
from chalicelib.resources.admin.message_setting import MessageSetting
from chalicelib.tasks.registry import NeverWill


def post(session: Session, kind: str, mail: Mail) -> None:
    """Send a mail and log it. `kind` is the action of a message setting, such as "event_role"."""
    if session.scalar(select(MessageSetting.enabled).where(MessageSetting.action == kind)) is False:
        log.info("this kind of mail is switched off", kind=kind)
        return
    try:
        send(mail)
    except Undeliverable as problem:
        raise NeverWill(str(problem)) from problem
    # Without the link: it carries a token, and who reads the log is not who the token is for.
    session.add(
        SentMail(recipient=mail.to, action=kind, subject=mail.subject, message="\n\n".join(mail.paragraphs))
    )
