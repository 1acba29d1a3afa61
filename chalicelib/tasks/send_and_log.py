"""Sends an email unless staff has disabled its kind, and logs it in the table of mails."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.mail import Mail, Undeliverable, send
from chalicelib.resources.admin.mail import Mail as SentMail
from chalicelib.resources.admin.message_setting import MessageSetting
from chalicelib.tasks.registry import PermanentFailure


def send_and_log(session: Session, kind: str, mail: Mail) -> None:
    """Send and log an email. `kind` is the action of a message setting, such as "event_role".

    Rows that the task has added, such as the mail's token, are written afterwards: they would lock others
    while SES is asked.
    """
    with session.no_autoflush:
        if session.scalar(select(MessageSetting.enabled).where(MessageSetting.action == kind)) is False:
            log.info("this kind of mail is switched off", kind=kind)
            return
        try:
            send(mail)
        except Undeliverable as problem:
            raise PermanentFailure(str(problem)) from problem
    # Without the link: it contains a token, and readers of the log are not its recipient.
    session.add(
        SentMail(recipient=mail.to, action=kind, subject=mail.subject, message="\n\n".join(mail.paragraphs))
    )
