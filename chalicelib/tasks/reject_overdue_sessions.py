"""Daily rejection of sessions that are still pending when their event has ended."""

from sqlalchemy.orm import Session

from chalicelib import log, outbox, scheduled
from chalicelib.resources.programme.session import overdue
from chalicelib.tasks.registry import task


@task(overdue.TASK)
def reject_overdue_sessions(session: Session) -> None:
    """Reject a batch; more batches follow in messages of their own."""
    count = overdue.reject(session)
    if count:
        log.info("pending sessions of ended events were rejected", count=count)
    if count == overdue.BATCH:
        outbox.add(session, overdue.TASK, {})
    scheduled.handled(session, overdue.TASK, count, is_last=count < overdue.BATCH)
