"""Invitations to speak."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.session import session as programme
from chalicelib.resources.programme.speaker_invite import SpeakerInvite
from tests.factories.session import make_session

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to invite somebody."""
    return {"email": f"guest.{next(_number)}@example.org", "status": "pending"}


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """What such a document links: a session and its event."""
    talk = make_session(session)
    return {"session": ("session", talk), "event": ("event", session.get_one(Event, talk.event_id))}


def make_speaker_invite(
    session: Session,
    *,
    event: Event | None = None,
    talk: programme.Session | None = None,
    **values: Any,
) -> SpeakerInvite:
    """An invitation that waits for an answer, to a new session unless one is given."""
    talk = talk or make_session(session, event=event)
    row = SpeakerInvite(**{**attributes(), "session_id": talk.id, "event_id": talk.event_id, **values})
    session.add(row)
    session.flush()
    return row
