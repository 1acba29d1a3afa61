"""Ticket tags: words for groups of tickets."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.tickets.ticket_tag import TicketTag
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a ticket tag."""
    return {"name": f"Weekend {next(_number)}"}


def make_ticket_tag(session: Session, *, event: Event | None = None, **values: Any) -> TicketTag:
    """A ticket tag, of a new event unless one is given."""
    defaults = {"event_id": (event or make_event(session)).id, "name": attributes()["name"]}
    tag = TicketTag(**{**defaults, **values})
    session.add(tag)
    session.flush()
    return tag
