"""Form fields: organizers' own questions to speakers."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a field."""
    number = next(_number)
    return {
        "field-identifier": f"tShirtSize{number}",
        "form": "speaker",
        "type": "text",
        "name": f"T-shirt size {number}",
        "is-included": True,
    }


def make_custom_form(session: Session, *, event: Event | None = None, **values: Any) -> CustomForm:
    """A field, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = CustomForm(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
