"""Backlog of the outbox: how many tasks wait, are underway or are held, and for how long."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db

_PROGRESS: Final = """
    SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND due_at <= $1),
           (SELECT min(due_at) FROM outbox WHERE sent_at IS NULL AND due_at <= $1),
           (SELECT count(*) FROM outbox
             WHERE sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL AND held_at IS NULL
               AND due_at <= $1),
           (SELECT min(greatest(sent_at, due_at)) FROM outbox
             WHERE sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL AND held_at IS NULL
               AND due_at <= $1),
           held.count, held.since
      FROM (SELECT count(*), min(held_at) AS since FROM outbox
             WHERE sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL AND held_at IS NOT NULL) held
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Backlog of tasks: counts, and ages in seconds; 0 when nothing waits. What is held is not underway."""

    unsent: int
    oldest_unsent: float
    underway: int
    oldest_underway: float
    held: int
    oldest_held: float


def progress(session: Session) -> Progress:
    """How many rows wait to be sent or to be done, and for how long."""
    unsent, unsent_since, underway, underway_since, held, held_since = db.fetch(
        session, _PROGRESS, [clock.now()]
    )[0]
    return Progress(
        *(unsent, _seconds_since(unsent_since)),
        *(underway, _seconds_since(underway_since)),
        *(held, _seconds_since(held_since)),
    )


def _seconds_since(moment: datetime | None) -> float:
    return max(0.0, (clock.now() - moment).total_seconds()) if moment else 0.0
