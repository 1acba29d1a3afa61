"""Calls for speakers."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.speakers_call import SpeakersCall
from tests.factories.event import make_event


def attributes() -> dict[str, Any]:
    """What a client could send to create a call."""
    now = clock.now().replace(microsecond=0)
    return {
        "announcement": "Tell us what you broke and how you fixed it.",
        "starts-at": now.isoformat(),
        "soft-ends-at": (now + timedelta(days=10)).isoformat(),
        "ends-at": (now + timedelta(days=14)).isoformat(),
        "privacy": "public",
    }


def make_speakers_call(session: Session, *, event: Event | None = None, **values: Any) -> SpeakersCall:
    """A call, of a new event unless one is given; that event must have none yet."""
    now = clock.now().replace(microsecond=0)
    defaults = {
        "event_id": (event or make_event(session)).id,
        "announcement": attributes()["announcement"],
        "starts_at": now,
        "ends_at": now + timedelta(days=14),
    }
    row = SpeakersCall(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
