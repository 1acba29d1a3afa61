"""One old table of pairs, on its way. Pairs have no ids: what is there already is found by its key."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.db import Model
from chalicelib.moving_in import moved_rows
from chalicelib.moving_in.maps import SOURCES
from chalicelib.moving_in.report import REFUSED
from chalicelib.moving_in.storable import dumped
from chalicelib.moving_in.tables import Linked

if TYPE_CHECKING:
    from chalicelib.moving_in.run import Move

Row = dict[str, Any]


class LinkedTable:
    """One table of one run."""

    def __init__(self, move: "Move", linked: Linked) -> None:
        self.move, self.linked = move, linked
        self.table: Table = Model.metadata.tables[linked.target]
        self.counts = move.report.of(linked.source, linked.target)

    def run(self) -> None:
        """Bring all pairs."""
        linked, source = self.linked, self.move.source
        self.counts.there = source.count(linked.rows)
        order = ", ".join(f'"{old}"' for old in linked.columns.values())
        for page in source.pages(linked.rows, self.move.page, "TRUE", order):
            with self.move.transaction() as session:
                self._bring(session, page)
            counts = self.counts
            total = counts.came + counts.as_before + counts.refused
            self.move.progress(f"{linked.source}: {total} of {counts.there}")

    def _bring(self, session: Session, page: Sequence[Row]) -> None:
        sources = {
            ours: SOURCES[next(iter(self.table.columns[ours].foreign_keys)).column.table.name]
            for ours in self.linked.columns
        }
        ids = moved_rows.ids(
            session,
            [
                (sources[ours], row[old])
                for row in page
                for ours, old in self.linked.columns.items()
                if row.get(old) is not None
            ],
        )
        pairs = []
        for row in page:
            pair = {
                ours: ids.get((sources[ours], row.get(old) or 0)) for ours, old in self.linked.columns.items()
            }
            missing = [ours for ours, new in pair.items() if new is None]
            if missing:
                key = "-".join(str(row.get(old)) for old in self.linked.columns.values())
                self.counts.refused += 1
                reason = f"{missing[0]}: the row is not there, or could not come"
                self.move.report.say(REFUSED, self.linked.source, key, reason)
            else:
                pairs.append({**pair, **{name: make(row) for name, make in self.linked.values.items()}})
        came = self._insert(session, pairs) if pairs else 0
        self.counts.came += came
        self.counts.as_before += len(pairs) - came

    def _insert(self, session: Session, pairs: Sequence[Row]) -> int:
        names = ", ".join(f'"{name}"' for name in pairs[0])
        table = f'"{self.table.name}"'
        key = ", ".join(f'"{column.name}"' for column in self.table.primary_key.columns)
        # Of two old rows that are one here, the first comes.
        found = db.fetch(
            session,
            f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608 - names of columns
            f"FROM json_populate_recordset(NULL::{table}, $1::json) "
            f"ON CONFLICT ({key}) DO NOTHING RETURNING 1",
            [dumped(list(pairs))],
        )
        return len(found)
