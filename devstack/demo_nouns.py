"""The demo's rows of nouns that ask for nothing but an event: `make noun` gives each new noun one here.

The content is in demo_nouns.json: for each type the rows, by the names of their columns. They belong to the
first event.
"""

import json
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.resources import REGISTRY
from chalicelib.resources.events.event.event import Event

FILE: Final = Path(__file__).with_name("demo_nouns.json")


def create(session: Session) -> None:
    """Add them to the events that are there already."""
    event_id = session.scalars(select(Event.id).order_by(Event.id)).first()
    for resource_type, rows in json.loads(FILE.read_text("utf-8")).items():
        model: Any = REGISTRY[resource_type].written
        session.add_all(model(**row, event_id=event_id) for row in rows)
    session.flush()


def with_rows(text: str, resource_type: str, *rows: dict[str, Any]) -> str:
    """The content with these rows of one more noun."""
    return json.dumps({**json.loads(text), resource_type: rows}, indent=2, ensure_ascii=False) + "\n"
