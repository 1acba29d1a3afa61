"""The map from old rows to ours: what has come, as which row, and what it said then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Table, Text, false
from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.db import Model

moved_rows = Table(
    "moved_rows",
    Model.metadata,
    Column("source", Text, primary_key=True),
    Column("old_id", BigInteger, primary_key=True, autoincrement=False),
    Column("new_id", BigInteger, nullable=False),
    # Of the values that it was written with.
    Column("digest", BigInteger, nullable=False),
    # Whether the row here was there before, or stands for several old ones.
    Column("is_shared", Boolean, nullable=False, server_default=false()),
    Index("ix_moved_rows_source_new_id", "source", "new_id"),
)
# When an installation began to move in: one row. What it had sold before that month is not billed here.
moves = Table("moves", Model.metadata, Column("began_at", DateTime(timezone=True), primary_key=True))
_BEGIN: Final = "INSERT INTO moves (began_at) SELECT $1 WHERE NOT EXISTS (SELECT FROM moves)"
_KNOWN: Final = (
    "SELECT old_id, new_id, digest, is_shared FROM moved_rows WHERE source = $1 AND old_id = ANY($2)"
)
_IDS: Final = (
    "SELECT m.source, m.old_id, m.new_id FROM moved_rows m "
    "JOIN unnest($1::text[], $2::bigint[]) AS sought (source, old_id) USING (source, old_id)"
)
_KEEP: Final = """
INSERT INTO moved_rows (source, old_id, new_id, digest, is_shared)
SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bool[])
ON CONFLICT (source, old_id) DO UPDATE
SET new_id = excluded.new_id, digest = excluded.digest, is_shared = excluded.is_shared
"""
_OWNED: Final = "SELECT new_id FROM moved_rows WHERE source = $1 AND new_id = ANY($2) AND NOT is_shared"


@dataclass(frozen=True, slots=True)
class Known:
    """One old row that has come before: as which row, and with which content."""

    old_id: int
    new_id: int
    digest: int
    is_shared: bool = False


def begin(session: Session) -> None:
    """Record that moving in begins now, unless it has begun before."""
    db.fetch(session, _BEGIN, [clock.now()])


def known(session: Session, source: str, old_ids: Sequence[int]) -> dict[int, Known]:
    """Those of these old rows that have come, by old id."""
    rows = db.fetch(session, _KNOWN, [source, list(old_ids)])
    return {row[0]: Known(*row) for row in rows}


def ids(session: Session, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """New ids by (old table, old id)."""
    pairs = sorted(set(wanted))
    if not pairs:
        return {}
    rows = db.fetch(session, _IDS, [[source for source, _ in pairs], [old for _, old in pairs]])
    return {(source, old): new for source, old, new in rows}


def owned(session: Session, source: str, new_ids: Sequence[int]) -> set[int]:
    """Those of these rows of ours that came from this old table."""
    return {row[0] for row in db.fetch(session, _OWNED, [source, list(new_ids)])}


def keep(session: Session, source: str, rows: Sequence[Known]) -> None:
    """Record what has come; the statement is sent with the next one."""
    if rows:
        columns: list[list[Any]] = [
            [row.old_id for row in rows],
            [row.new_id for row in rows],
            [row.digest for row in rows],
            [row.is_shared for row in rows],
        ]
        db.enqueue(session, _KEEP, [source, *columns])


def digest(text: str) -> int:
    """64 bits that differ where the content does."""
    return int.from_bytes(
        blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True
    )


def by_target(
    ids_by_source: Mapping[tuple[str, int], int], sources: Mapping[str, str]
) -> dict[tuple[str, int], int]:
    """The same, by (our table, old id)."""
    targets = {source: target for target, source in sources.items()}
    return {(targets[source], old): new for (source, old), new in ids_by_source.items()}
