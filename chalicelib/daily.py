"""Daily jobs: scheduled tasks that the sweep of the outbox enqueues once a day (UTC).

A job is told the day, and how many days it stands for: more than one where the sweep did not run for some
days, so that a job that looks for what happened since the last one misses nothing.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from chalicelib import clock, db, log, outbox

SALES_END: Final = "remind_of_sales_end"
AFTER_EVENT: Final = "tell_after_event"
ZONE_RULES: Final = "follow_zone_rules"
JOBS: Final = (SALES_END, AFTER_EVENT, ZONE_RULES)  # names alone: the sweep imports none of them
MOST_DAYS: Final = 14  # that one job stands for
_LOOKED_BACK: Final = 28  # days; fewer than the outbox keeps the key of a message


def plan(tasks: Sequence[str] = JOBS) -> None:
    """Enqueue the jobs of today that are not yet: each with {"day": ISO date, "days": 1 to MOST_DAYS}."""
    today = clock.now().date()
    days = [today - timedelta(days=ago) for ago in range(_LOOKED_BACK + 1)]
    keys = [_key(name, day) for name in tasks for day in days]
    with db.transaction() as session:
        rows = db.fetch(session, "SELECT key FROM outbox WHERE key = ANY($1::text[])", [keys])
        known = {key for (key,) in rows}
        for name in tasks:
            if _key(name, today) in known:
                continue
            # The first job of all stands for its own day.
            ago = next((ago for ago, day in enumerate(days) if _key(name, day) in known), 1)
            stands_for = min(ago, MOST_DAYS)
            arguments = {"day": today.isoformat(), "days": stands_for}
            outbox.add(session, name, arguments, key=_key(name, today))
            log.info("a daily job is enqueued", task=name, **arguments)


def began(day: str) -> datetime:
    """When the day of a job began (UTC): a job may run hours or days later, and misses nothing by that."""
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _key(name: str, day: date) -> str:
    return f"{name}-{day.isoformat()}"
