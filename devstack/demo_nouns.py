"""Demo rows of types that need nothing but an event; `make noun` adds one for each new type.

The content is in demo_nouns.json: the rows by type, with column names. They belong to the first event, where
they belong to one.
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
    """Add them to the existing demo events."""
    event_id = session.scalars(select(Event.id).order_by(Event.id)).first()
    for resource_type, rows in json.loads(FILE.read_text("utf-8")).items():
        model: Any = REGISTRY[resource_type].model_or_raise
        of_event = {"event_id": event_id} if "event_id" in model.__table__.columns else {}
        session.add_all(model(**row, **of_event) for row in rows)
    session.flush()


def with_rows(text: str, resource_type: str, *rows: dict[str, Any]) -> str:
    """The JSON text with these rows of one more type."""
    return json.dumps({**json.loads(text), resource_type: rows}, indent=2, ensure_ascii=False) + "\n"
