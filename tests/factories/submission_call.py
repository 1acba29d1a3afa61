"""Further calls of an event for sessions."""

import secrets
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.submission_call import SubmissionCall
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    now = clock.now().replace(microsecond=0)
    return {
        "name": f"Lightning talks {next(_number)}",
        "announcement": "Five minutes are enough.",
        "starts-at": now.isoformat(),
        "soft-ends-at": (now + timedelta(days=10)).isoformat(),
        "ends-at": (now + timedelta(days=14)).isoformat(),
        "privacy": "public",
        "max-submissions": 3,
        "max-speakers": 4,
        "edits-after-end": "open",
    }


def make_submission_call(session: Session, *, event: Event | None = None, **values: Any) -> SubmissionCall:
    """One, of a new event unless one is given."""
    now = clock.now().replace(microsecond=0)
    defaults = {
        "event_id": (event or make_event(session)).id,
        "name": f"Lightning talks {next(_number)}",
        "starts_at": now,
        "ends_at": now + timedelta(days=14),
        "hash": secrets.token_urlsafe(18),
    }
    row = SubmissionCall(**{**defaults, **values})
    session.add(row)
    session.flush()
    return row
