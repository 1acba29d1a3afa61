"""Daily retention of the log of mails: a batch after the other, by messages of their own."""

from sqlalchemy.orm import Session

from chalicelib import outbox, scheduled
from chalicelib.resources.admin import old_mails
from chalicelib.settings import settings
from chalicelib.tasks.registry import task


@task(old_mails.TASK)
def forget_mails(session: Session) -> None:
    """Delete a batch; more batches follow in messages of their own."""
    before = old_mails.due_before(settings().mail_days)
    count = 0 if before is None else old_mails.forget(session, before)
    has_more = count == old_mails.BATCH
    if has_more:
        outbox.add(session, old_mails.TASK, {})
    scheduled.handled(session, old_mails.TASK, count, is_last=not has_more)
