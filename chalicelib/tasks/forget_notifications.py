"""Daily retention of notifications: first those that were read long ago, then texts that nobody is shown."""

from sqlalchemy.orm import Session

from chalicelib import outbox, retention, scheduled
from chalicelib.resources.people.notification import old_notifications
from chalicelib.settings import settings
from chalicelib.tasks.registry import task


@task(old_notifications.RETENTION.task)
def forget_notifications(session: Session, after: int = -1) -> None:
    """Delete a batch; more batches follow in messages of their own.

    `after` is the last text that was looked at; -1 while there are notifications to delete.
    """
    before = retention.due_before(settings().notification_days)
    if before is None:
        scheduled.handled(session, old_notifications.RETENTION.task, 0, is_last=True)
        return
    count = old_notifications.RETENTION.forget(session, before) if after < 0 else 0
    following: int | None = -1
    if count < old_notifications.RETENTION.batch:
        following = old_notifications.forget_texts(session, max(after, 0))
    if following is not None:
        outbox.add(session, old_notifications.RETENTION.task, {"after": following})
    scheduled.handled(session, old_notifications.RETENTION.task, count, is_last=following is None)
