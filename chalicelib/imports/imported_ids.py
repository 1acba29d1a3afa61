"""Identity map: which row of an event an item of an imported file has become, so that it comes once."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import db
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.resource import Resource

LONGEST: Final = 500  # characters of an external id
_KEEP: Final = """
INSERT INTO imported_ids (event_id, source, type, external_id, row_id) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (event_id, source, type, external_id) DO UPDATE SET row_id = excluded.row_id
"""


class ImportedId(Model):
    """One item: its id in files of the kind `source`, and the row of the event that it has become."""

    __tablename__ = "imported_ids"
    event_id: Mapped[int] = owned_by("events.id", index=False)
    source: Mapped[str]
    type: Mapped[str]
    external_id: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("event_id", "source", "type", "external_id"),)


def known(
    session: Session, event_id: int, source: str, resource: Resource, external_ids: Collection[str]
) -> Mapping[str, int]:
    """Ids of rows by external id, of those that have come before and are neither deleted nor moved away."""
    columns = resource.model_or_raise.__table__.columns
    here = " AND own.deleted_at IS NULL" if "deleted_at" in columns else ""
    # A video stream of rooms has no event of its own.
    here += " AND coalesce(own.event_id, item.event_id) = item.event_id" if "event_id" in columns else ""
    rows = db.fetch(
        session,
        f'SELECT item.external_id, item.row_id FROM imported_ids item JOIN "{resource.table}" own '  # noqa: S608 - our own names
        f"ON own.id = item.row_id{here} WHERE item.event_id = $1 AND item.source = $2 AND item.type = $3 "
        "AND item.external_id = ANY($4::text[])",
        [event_id, source, resource.type, list(external_ids)],
    )
    return dict(rows)


def keep(session: Session, event_id: int, source: str, type: str, external_id: str, row_id: int) -> None:
    """Record that the item is this row from now on; the statement is sent with the next one."""
    db.enqueue(session, _KEEP, [event_id, source, type, external_id, row_id])
