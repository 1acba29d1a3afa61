"""Types of which an event has one row: copyright notice, call for speakers, video room."""

from typing import Any

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Session

from chalicelib.db import SoftDeleted


def one_living_row(table: str) -> Index:
    """Unique index: one row per event that is not soft-deleted."""
    return Index(f"uq_{table}_event", "event_id", unique=True, postgresql_where=text("deleted_at IS NULL"))


def has_another(session: Session, row: Any) -> bool:
    """Whether the row's event has another row of this type that is not soft-deleted."""
    model: Any = type(row)
    others = select(model.id).where(model.event_id == row.event_id, model.id.is_distinct_from(row.id))
    if issubclass(model, SoftDeleted):
        others = others.where(model.deleted_at.is_(None))
    with session.no_autoflush:
        return session.scalar(others.limit(1)) is not None
