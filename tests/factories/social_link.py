"""Where else an event can be found."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.social_link import SocialLink
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a social link."""
    return {"name": "mastodon", "link": f"https://social.example.org/@summit{next(_number)}"}


def make_social_link(session: Session, *, event: Event | None = None, **values: Any) -> SocialLink:
    """A social link, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = SocialLink(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
