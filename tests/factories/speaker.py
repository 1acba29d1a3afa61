"""Speakers without an account, unless one is given."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.speaker import Speaker
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a speaker."""
    return {"name": "Margaret Hamilton", "email": f"margaret.{next(_number)}@example.org", "country": "US"}


def make_speaker(
    session: Session, *, event: Event | None = None, sessions: Sequence[programme.Session] = (), **values: Any
) -> Speaker:
    """A speaker, of a new event unless one is given, on these sessions."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Speaker(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    for item in sessions:
        link = {"speaker_id": row.id, "session_id": item.id}
        session.execute(programme.speakers_sessions.insert().values(link))
    return row
