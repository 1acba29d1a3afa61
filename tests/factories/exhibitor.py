"""Exhibitors."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.exhibitor import Exhibitor, exhibitors_sessions
from chalicelib.resources.programme.session import session as programme
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create an exhibitor."""
    return {
        "name": f"Solder & Sons {next(_number)}",
        "status": "accepted",
        "position": 1,
        "contact-email": "booth@example.org",
        "social-links": [{"name": "website", "link": "https://solder.example.org", "is_custom": False}],
    }


def make_exhibitor(
    session: Session,
    *,
    event: Event | None = None,
    sessions: Sequence[programme.Session] = (),
    **values: Any,
) -> Exhibitor:
    """An exhibitor, of a new event unless one is given, with these sessions."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Exhibitor(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    for item in sessions:
        link = {"exhibitor_id": row.id, "session_id": item.id}
        session.execute(exhibitors_sessions.insert().values(link))
    return row
