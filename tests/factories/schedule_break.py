"""Schedule breaks: lunch, for the whole event."""

from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.schedule_break import ScheduleBreak
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {
        "name": f"Lunch {next(_number)}",
        "description": "Soup, and something sweet",
        "starts-at": "2099-12-13T12:00:00+00:00",
        "ends-at": "2099-12-13T13:00:00+00:00",
    }


def make_schedule_break(session: Session, *, event: Event | None = None, **values: Any) -> ScheduleBreak:
    """One, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    sent |= {name: datetime.fromisoformat(sent[name]) for name in ("starts_at", "ends_at")}
    row = ScheduleBreak(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
