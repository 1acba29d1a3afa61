"""Sorts of events."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event_type import EventType
from chalicelib.resources.identifiers import slug

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create an event type."""
    return {"name": f"Conference {next(_number)}"}


def make_event_type(session: Session, **values: Any) -> EventType:
    """An event type."""
    name = values.pop("name", None) or attributes()["name"]
    row = EventType(**{"name": name, "slug": slug(name), **values})
    session.add(row)
    session.flush()
    return row
