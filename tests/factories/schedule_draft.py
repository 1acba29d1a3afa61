"""Schedule drafts: without placements."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.schedule_draft import ScheduleDraft
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {"name": f"Plan {next(_number)}", "placements": []}


def make_schedule_draft(session: Session, *, event: Event | None = None, **values: Any) -> ScheduleDraft:
    """One, of a new event unless one is given."""
    row = ScheduleDraft(
        **{"event_id": (event or make_event(session)).id, "basis": {}, **attributes(), **values}
    )
    session.add(row)
    session.flush()
    return row
