"""Places, each named by one published event so that the list shows it."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event_location import EventLocation
from chalicelib.resources.identifiers import slug
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create a place."""
    return {"name": f"Rotterdam {next(_number)}"}


def make_event_location(session: Session, *, name: str = "", used: int = 1) -> EventLocation:
    """A place that `used` published events name."""
    name = name or attributes()["name"]
    row = EventLocation(name=name, slug=slug(name))
    session.add(row)
    session.flush()
    for _ in range(used):
        make_event(session, event_location_id=row.id, searchable_location_name=name)
    return row
