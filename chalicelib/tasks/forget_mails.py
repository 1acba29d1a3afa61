"""Daily retention of the log of mails: a batch after the other, by messages of their own."""

from sqlalchemy.orm import Session

from chalicelib.resources.admin import old_mails
from chalicelib.settings import settings
from chalicelib.tasks.registry import task


@task(old_mails.RETENTION.task)
def forget_mails(session: Session) -> None:
    """Delete a batch."""
    old_mails.RETENTION.handle(session, settings().mail_days)
