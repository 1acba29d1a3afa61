"""Badge forms: with one field, for the name."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.onsite.badge_form import BadgeForm
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a badge form."""
    return {
        "badge-id": f"badge-{next(_number)}",
        "badge-size": "4x3",
        "badge-color": "#ffffff",
        "badge-orientation": "Portrait",
        "badge-qrfields": ["firstname", "lastname"],
    }


def make_badge_form(session: Session, *, event: Event | None = None, **values: Any) -> BadgeForm:
    """A badge form without fields, of a new event unless one is given."""
    defaults = {"event_id": (event or make_event(session)).id, "badge_id": attributes()["badge-id"]}
    form = BadgeForm(**{**defaults, **values})
    session.add(form)
    session.flush()
    return form
