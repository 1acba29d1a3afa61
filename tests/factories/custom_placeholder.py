"""Pictures for events that have none."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.custom_placeholder import CustomPlaceholder

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create a placeholder."""
    return {
        "name": f"Telescope {next(_number)}",
        "original-image-url": "https://media.example.org/placeholders/telescope.jpg",
        "copyright": "CC BY 4.0",
    }


def make_custom_placeholder(session: Session, **values: Any) -> CustomPlaceholder:
    """A placeholder, of no sub-topic unless event_sub_topic_id is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = CustomPlaceholder(**{**sent, **values})
    session.add(row)
    session.flush()
    return row
