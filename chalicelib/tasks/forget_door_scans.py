"""Daily retention of scans at doors: a batch after the other, by messages of their own."""

from sqlalchemy.orm import Session

from chalicelib.resources.onsite import old_door_scans
from chalicelib.settings import settings
from chalicelib.tasks.registry import task


@task(old_door_scans.RETENTION.task)
def forget_door_scans(session: Session) -> None:
    """Delete a batch."""
    old_door_scans.RETENTION.handle(session, settings().door_scan_days)
