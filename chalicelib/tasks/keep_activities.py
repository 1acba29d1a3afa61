"""Daily care of the audit log: the next partition is made, old ones are dropped, what is left is deleted."""

from sqlalchemy.orm import Session

from chalicelib import outbox, retention, scheduled
from chalicelib.resources.admin import old_activities
from chalicelib.settings import settings
from chalicelib.tasks.registry import task


@task(old_activities.RETENTION.task)
def keep_activities(session: Session) -> None:
    """Keep the partitions, or delete a batch where nothing was to be done; the rest follows in messages.

    So nothing is deleted that is dropped a moment later, and no lock of a partition waits for a batch.
    """
    before = retention.due_before(settings().activity_days)
    kept = old_activities.keep_partitions(session, before)
    deleted = 0 if kept or before is None else old_activities.forget(session, before)
    has_more = bool(kept) or deleted == old_activities.RETENTION.batch
    if has_more:
        outbox.add(session, old_activities.RETENTION.task, {})
    scheduled.handled(session, old_activities.RETENTION.task, kept + deleted, is_last=not has_more)
