"""Sends an email unless staff has disabled its kind, and logs it in the table of mails."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import db, log
from chalicelib.mail import Undeliverable, send
from chalicelib.resources.admin.mail import Mail as SentMail
from chalicelib.resources.admin.message_setting import MessageSetting
from chalicelib.settings import settings
from chalicelib.tasks.mail_template import Draft
from chalicelib.tasks.registry import PermanentFailure
from chalicelib.values.messages import MAILS, ORIGINAL, language_of

# The account that has this address, if any: also for whom an order or a session names by it.
_PREFERRED: Final = """
    SELECT language_preference FROM users WHERE lower(email) = lower($1) AND deleted_at IS NULL LIMIT 1
"""


def send_and_log(session: Session, kind: str, draft: Draft) -> None:
    """Send and log an email. `kind` is the action of a message setting, such as "event_role".

    Rows that the task has added, such as the mail's token, are written afterwards: they would lock others
    while SES is asked.
    """
    with session.no_autoflush:
        if session.scalar(select(MessageSetting.enabled).where(MessageSetting.action == kind)) is False:
            log.info("this kind of mail is switched off", kind=kind)
            return
        mail = draft.mail(language_for(session, draft.reader or draft.to))
        try:
            send(mail)
        except Undeliverable as problem:
            raise PermanentFailure(str(problem)) from problem
    # Without the link: it contains a token, and readers of the log are not its recipient.
    session.add(
        SentMail(recipient=mail.to, action=kind, subject=mail.subject, message="\n\n".join(mail.paragraphs))
    )


def language_for(session: Session, address: str) -> str:
    """The language of mails to an address: its account's, else that of the installation."""
    rows = db.fetch(session, _PREFERRED, [address.strip()], flush=False)
    chosen = next((tag for (tag,) in rows if tag), None)
    return language_of(chosen, MAILS) or language_of(settings().mail_language, MAILS) or ORIGINAL
