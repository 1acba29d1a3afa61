"""Tags: labels for attendees."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.tag import Tag
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a tag."""
    return {"name": f"Press {next(_number)}", "color": "#b23a48"}


def make_tag(session: Session, *, event: Event | None = None, **values: Any) -> Tag:
    """A tag, of a new event unless one is given."""
    defaults = {"event_id": (event or make_event(session)).id, "name": attributes()["name"]}
    tag = Tag(**{**defaults, **values})
    session.add(tag)
    session.flush()
    return tag
