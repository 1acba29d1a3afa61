"""Retention: a task deletes what is older than a setting's number of days, once a day, in batches."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox, scheduled


def due_before(days: int) -> datetime | None:
    """What is from before this moment is deleted; None for never (0)."""
    return clock.now() - timedelta(days=days) if days > 0 else None


def enqueue_today(task: str) -> None:
    """Enqueue the task, without arguments, once a day."""
    with db.transaction() as session:
        outbox.add(session, task, {}, key=f"{task}-{clock.now().date().isoformat()}")


def plan(task: str, days: int) -> int | None:
    """Enqueue today's task; 0 for 0 days, as nothing is deleted then."""
    if due_before(days) is None:
        return 0
    enqueue_today(task)
    return None


@dataclass(frozen=True, slots=True)
class Retention:
    """The old rows of a table, and the task that deletes them.

    `old` is SQL that selects the ids of the rows from before $1, oldest first; `locks` is what it calls the
    table.
    """

    task: str
    table: str
    old: str
    batch: int
    locks: str

    def forget(self, session: Session, before: datetime) -> int:
        """Delete a batch; returns how many. Locked rows are left for the next day."""
        some = f"{self.old} LIMIT {self.batch} FOR UPDATE OF {self.locks} SKIP LOCKED"
        deleted = f"DELETE FROM {self.table} WHERE id IN ({some}) RETURNING 1"  # noqa: S608 - no user input
        return len(db.fetch(session, deleted, [before]))

    def handle(self, session: Session, days: int) -> None:
        """The task: delete a batch; more batches follow in messages of their own."""
        before = due_before(days)
        count = 0 if before is None else self.forget(session, before)
        has_more = count == self.batch
        if has_more:
            outbox.add(session, self.task, {})
        scheduled.handled(session, self.task, count, is_last=not has_more)
