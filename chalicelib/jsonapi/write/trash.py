"""The trash: what lies in it, and its emptying after so many days.

A noun may say under which condition its rows stay although they are in the trash (Resource.kept_while):
an event with paid orders is not forgotten because somebody deleted it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox
from chalicelib.jsonapi.model.resource import Resource

TASK: Final = "purge_trash"
BATCH: Final = 500  # rows of a noun that are removed in one transaction


@dataclass(frozen=True, slots=True)
class Held:
    """What the trash has of one type: how many rows, since when, and how many are due to be purged."""

    type: str
    count: int
    oldest: datetime
    due: int


def nouns(among: Iterable[Resource]) -> Iterator[Resource]:
    """The nouns that have a trash."""
    return (resource for resource in among if resource.soft_delete)


def due_before(days: int) -> datetime | None:
    """What was deleted before this moment, `days` ago, may go for good; None for 0: nothing ever does."""
    return clock.now() - timedelta(days=days) if days > 0 else None


def held(session: Session, among: Iterable[Resource], before: datetime | None) -> list[Held]:
    """What is in the trash, by type; types without anything are left out."""
    found = []
    for resource in nouns(among):
        ((count, oldest, due),) = db.fetch(
            session,
            f"SELECT count(*), min(t.deleted_at), count(*) FILTER (WHERE {_due(resource)}) "
            f"FROM {resource.source} t WHERE t.deleted_at IS NOT NULL",
            [before],
        )
        if count:
            found.append(Held(resource.type, count, oldest, due))
    return found


def purge(session: Session, resource: Resource, before: datetime, limit: int = BATCH) -> int:
    """Remove up to `limit` rows of a noun that were deleted before; how many it were.

    What belongs to them goes with them. Rows that somebody is working on are left for the next time.
    """
    removed = db.fetch(
        session,
        f"DELETE FROM {resource.source} WHERE id IN (SELECT t.id FROM {resource.source} t "
        f"WHERE {_due(resource)} ORDER BY t.id LIMIT {limit} FOR UPDATE SKIP LOCKED) RETURNING id",
        [before],
    )
    return len(removed)


def plan(days: int) -> None:
    """Have the trash emptied once a day of what was deleted so many days ago; never for 0."""
    if due_before(days) is None:
        return
    today = clock.now().date().isoformat()
    with db.transaction() as session:
        outbox.add(session, TASK, {}, key=f"{TASK}-{today}")


def _due(resource: Resource) -> str:
    kept = f" AND NOT ({resource.kept_while.format(t='t')})" if resource.kept_while else ""
    return f"t.deleted_at < $1::timestamptz{kept}"
