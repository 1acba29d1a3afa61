"""The trash (soft delete): counts of deleted rows, and the purge after a retention period in days.

A type may exempt rows from the purge (Resource.retain_while): an event with paid orders is kept although
it is deleted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.ground.sql import Row, text_of
from chalicelib.jsonapi.model.resource import Resource

TASK: Final = "purge_trash"
BATCH: Final = 500  # rows of a type purged in one transaction


@dataclass(frozen=True, slots=True)
class TrashCount:
    """Soft-deleted rows of one type: how many, since when, and how many are due for the purge."""

    type: str
    count: int
    oldest: datetime
    due: int


def nouns(among: Iterable[Resource]) -> Iterator[Resource]:
    """The resource types with soft delete."""
    return (resource for resource in among if resource.soft_delete)


def count_trash(session: Session, among: Iterable[Resource], before: datetime | None) -> list[TrashCount]:
    """What is in the trash, by type; types without soft-deleted rows are left out."""
    counts = []
    for resource in nouns(among):
        ((count, oldest, due),) = db.fetch(
            session,
            f"SELECT count(*), min(t.deleted_at), count(*) FILTER (WHERE {_due(resource)}) "
            f"FROM {resource.from_sql} t WHERE t.deleted_at IS NOT NULL",
            [before],
        )
        if count:
            counts.append(TrashCount(resource.type, count, oldest, due))
    return counts


def purge(session: Session, resource: Resource, before: datetime, limit: int = BATCH) -> int:
    """Permanently delete up to `limit` rows that were soft-deleted before `before`; returns how many.

    Cascades to what belongs to them. Locked rows are skipped until the next time.
    """
    removed = db.fetch(
        session,
        f"DELETE FROM {resource.from_sql} WHERE id IN (SELECT t.id FROM {resource.from_sql} t "
        f"WHERE {_due(resource)} ORDER BY t.id LIMIT {limit} FOR UPDATE SKIP LOCKED) RETURNING id",
        [before],
    )
    return len(removed)


def is_retained(session: Session, resource: Resource, id: int) -> bool:
    """Whether the row is exempt from the purge now, and so from being deleted for good by anybody."""
    if resource.retain_while is None:
        return False
    kept = text_of(resource.retain_while.about(Row("t")))
    return bool(db.fetch(session, f"SELECT FROM {resource.from_sql} t WHERE t.id = $1 AND ({kept})", [id]))


def _due(resource: Resource) -> str:
    kept = f" AND NOT ({text_of(resource.retain_while.about(Row('t')))})" if resource.retain_while else ""
    return f"t.deleted_at < $1::timestamptz{kept}"
