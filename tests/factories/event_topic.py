"""Topics of events."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event_topic import EventTopic

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create a topic."""
    return {
        "name": f"Science and Technology {next(_number)}",
        "system-image-url": "https://media.example.org/topics/science.jpg",
    }


def make_event_topic(session: Session, **values: Any) -> EventTopic:
    """A topic."""
    sent = attributes()
    defaults = {
        "name": sent["name"],
        "slug": sent["name"].lower().replace(" ", "-"),
        "system_image_url": sent["system-image-url"],
    }
    topic = EventTopic(**{**defaults, **values})
    session.add(topic)
    session.flush()
    return topic
