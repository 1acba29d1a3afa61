"""Daily retention of scans at doors: a batch after the other, by messages of their own."""

from sqlalchemy.orm import Session

from chalicelib import outbox, scheduled
from chalicelib.resources.onsite import old_door_scans
from chalicelib.settings import settings
from chalicelib.tasks.registry import task


@task(old_door_scans.TASK)
def forget_door_scans(session: Session) -> None:
    """Delete a batch; more batches follow in messages of their own."""
    before = old_door_scans.due_before(settings().door_scan_days)
    count = 0 if before is None else old_door_scans.forget(session, before)
    has_more = count == old_door_scans.BATCH
    if has_more:
        outbox.add(session, old_door_scans.TASK, {})
    scheduled.handled(session, old_door_scans.TASK, count, is_last=not has_more)
