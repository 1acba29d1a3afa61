"""Topics of events."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event_topic import EventTopic
from chalicelib.resources.identifiers import slug

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
    named = {"name": sent["name"], "system_image_url": sent["system-image-url"], **values}
    topic = EventTopic(**{"slug": slug(named["name"]), **named})
    session.add(topic)
    session.flush()
    return topic
