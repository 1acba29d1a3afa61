"""Daily jobs: scheduled tasks that the sweep of the outbox enqueues once a day (UTC).

A job is told the day, and how many days it stands for: more than one where the sweep did not run for some
days, so that a job that looks for what happened since the last one misses nothing.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from chalicelib import clock, db, log, outbox

MOST_DAYS: Final = 14  # that one job stands for; fewer than the outbox keeps the key of a message


def plan(tasks: Sequence[str]) -> None:
    """Enqueue the jobs of today that are not yet: each with {"day": ISO date, "days": 1 to MOST_DAYS}."""
    today = clock.now().date()
    days = [today - timedelta(days=ago) for ago in range(MOST_DAYS + 1)]
    keys = [_key(name, day) for name in tasks for day in days]
    with db.transaction() as session:
        rows = db.fetch(session, "SELECT key FROM outbox WHERE key = ANY($1::text[])", [keys])
        known = {key for (key,) in rows}
        for name in tasks:
            if _key(name, today) in known:
                continue
            # The first job of all stands for its own day.
            ago = next((ago for ago, day in enumerate(days) if _key(name, day) in known), 1)
            outbox.add(session, name, {"day": today.isoformat(), "days": ago}, key=_key(name, today))
            log.info("a daily job is enqueued", task=name, day=today.isoformat(), days=ago)


def _key(name: str, day: date) -> str:
    return f"{name}-{day.isoformat()}"
