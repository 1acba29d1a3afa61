"""The finer shelves of a topic."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event_sub_topic import EventSubTopic
from chalicelib.resources.events.event_topic import EventTopic
from chalicelib.resources.identifiers import slug
from tests.factories.event_topic import make_event_topic

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create a sub-topic."""
    return {"name": f"Astronomy {next(_number)}"}


def make_event_sub_topic(
    session: Session, *, event_topic: EventTopic | None = None, **values: Any
) -> EventSubTopic:
    """A sub-topic, of a new topic unless one is given."""
    name = values.pop("name", None) or attributes()["name"]
    topic = event_topic or make_event_topic(session)
    row = EventSubTopic(**{"name": name, "slug": slug(name), "event_topic_id": topic.id, **values})
    session.add(row)
    session.flush()
    return row
