"""Schedule versions: the next of an event without sessions."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.schedule_version import ScheduleVersion
from tests.factories.event import make_event


def attributes() -> dict[str, Any]:
    """What a client could send to release one."""
    return {"note": "The keynote is earlier"}


def make_schedule_version(session: Session, *, event: Event | None = None, **values: Any) -> ScheduleVersion:
    """One, of a new event unless one is given."""
    place = event or make_event(session)
    of_event = select(func.count()).where(ScheduleVersion.event_id == place.id)
    number = session.scalar(of_event) + 1  # type: ignore[operator]
    made = {"number": number, "session_count": 0, "snapshot": [], "released_at": clock.now(), **attributes()}
    row = ScheduleVersion(**{"event_id": place.id, **made, **values})
    session.add(row)
    session.flush()
    return row
