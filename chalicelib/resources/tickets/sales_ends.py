"""When organizers are reminded that sales of tickets end: a week before, the day before, and the day after.

Days are those of the event's time zone. Where the daily job stands for several days, what they would have
told is told late, as long as it is still true.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.values.zones import zone_sql

NEXT_WEEK: Final = "next_week"
TOMORROW: Final = "tomorrow"
ENDED: Final = "ended"

_ZONE: Final = zone_sql("e.timezone")
_DAY: Final = f"(t.sales_ends_at AT TIME ZONE {_ZONE})::date"
_TODAY: Final = f"($1::timestamptz AT TIME ZONE {_ZONE})::date"
_ACTIVE: Final = """
    t.deleted_at IS NULL AND e.deleted_at IS NULL AND e.state = 'published' AND e.ends_at > $1::timestamptz
"""
# Within what any stage can be about, in any zone.
_NEAR: Final = f"""
    SELECT t.id, t.event_id, {_DAY}, {_DAY} - {_TODAY},
           {_TODAY} - ($4::timestamptz AT TIME ZONE {_ZONE})::date
      FROM tickets t JOIN events e ON e.id = t.event_id
     WHERE {_ACTIVE} AND t.id > $2
       AND t.sales_ends_at > $4::timestamptz - interval '17 days'
       AND t.sales_ends_at < $1::timestamptz + interval '9 days'
     ORDER BY t.id LIMIT $3
"""  # noqa: S608 - texts of this file
_ON_DAY: Final = f"""
    SELECT t.name FROM tickets t JOIN events e ON e.id = t.event_id
     WHERE {_ACTIVE} AND t.event_id = $2 AND {_DAY} = $3::date
     ORDER BY t.position, t.id
"""  # noqa: S608 - texts of this file


class Ending(NamedTuple):
    """A ticket whose sales end, or ended, on this day of the event's zone, so many days from today.

    late  how many days have begun there since the day of the job did (UTC)
    """

    ticket_id: int
    event_id: int
    day: date
    ahead: int
    late: int


def near(session: Session, now: datetime, began: datetime, after: int, most: int) -> Sequence[Ending]:
    """Tickets of published events that are not over, by id, those after `after`; the job's day began then."""
    return [Ending(*row) for row in db.fetch(session, _NEAR, [now, after, most, began])]


def ending_on(session: Session, now: datetime, event_id: int, day: date) -> list[str]:
    """Names of the event's tickets whose sales end on this day; none if it is over or not published."""
    return [name for (name,) in db.fetch(session, _ON_DAY, [now, event_id, day])]


def stage_of(ahead: int, days: int) -> str | None:
    """What is told so many days before the end (negative: after it), by a job that stands for `days` days."""
    if 7 - days < ahead <= 7 and ahead > 1:
        return NEXT_WEEK
    if 1 - days < ahead <= 1 and ahead >= 0:
        return TOMORROW
    return ENDED if -1 - days < ahead <= -1 else None
