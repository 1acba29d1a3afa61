"""One old table with ids, on its way: read, converted, compared with what has come, and written."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.moving_in import moved_rows
from chalicelib.moving_in.conversion import Converted, Plan, Unfit
from chalicelib.moving_in.maps import SOURCES
from chalicelib.moving_in.moved_rows import Known
from chalicelib.moving_in.report import CHANGED, FILE, REFUSED
from chalicelib.moving_in.tables import Moved
from chalicelib.moving_in.target import Writer, Written

if TYPE_CHECKING:
    from chalicelib.moving_in.run import Move

Row = dict[str, Any]
_ADVANCE = "SELECT advance_ids($1, $2)"
_COUNT = "SELECT count(*) FROM moved_rows WHERE source = $1"


class MovedTable:
    """One table of one run."""

    def __init__(self, move: "Move", moved: Moved) -> None:
        self.move, self.moved = move, moved
        self.present = self._columns()
        self.plan = Plan(moved, self.present)
        self.counts = move.report.of(moved.source, moved.target)
        self.known = 0

    def run(self) -> None:
        """Bring all rows."""
        source, moved = self.move.source, self.moved
        self.counts.there = source.count(moved.rows)
        with self.move.transaction() as session:
            if moved.keeps_ids:
                db.fetch(session, _ADVANCE, [moved.target, source.largest(moved.rows, "id")])
            former = db.fetch(session, _COUNT, [moved.source])[0][0]
        here = f"NOT ({moved.unless})" if moved.unless else "TRUE"
        conditions = [here]
        if moved.last:
            conditions = [f"({here}) AND NOT ({moved.last})", f"({here}) AND ({moved.last})"]
        for condition in conditions:
            for page in source.pages(moved.rows, self.move.page, condition, "id"):
                self._bring(page)
        if moved.unless:
            for page in source.pages(moved.rows, self.move.page, moved.unless, "id"):
                for row in page:
                    self._refuse(row["id"], moved.because)
        self.counts.gone = former - self.known

    def _columns(self) -> frozenset[str]:
        source = self.move.source
        if not self.moved.query:
            return source.tables[self.moved.source]
        found = source.columns_of(self.moved.query)
        return frozenset(found)

    def _bring(self, page: list[Row]) -> None:
        self._look_beside(page)
        with self.move.transaction() as session:
            converted = self._converted(session, page)
        self.move.media.store_all(
            row.values[target.column.name]
            for row in converted
            for target in self.plan.links
            if row.values[target.column.name]
        )
        for row in converted:
            self._store_media(row)
        digests = {row.old_id: moved_rows.digest(_said(row)) for row in converted}
        with self.move.transaction() as session:
            self._write(session, converted, digests)
        done = self.counts
        total = done.came + done.changed + done.as_before + done.shared + done.refused
        self.move.progress(f"{self.moved.source}: {total} of {done.there}")

    def _look_beside(self, page: list[Row]) -> None:
        for row in page:
            row["_now"], row["_hold"] = self.move.now, self.move.hold
        for beside in self.moved.beside:
            if not set(beside.needs) <= self.move.source.tables.keys():
                continue
            keys = sorted({row[beside.key] for row in page if row.get(beside.key) is not None})
            found = self.move.source.by_key(beside.sql, keys)
            for row in page:
                row[beside.name] = found.get(row.get(beside.key) or 0)
                if isinstance(row[beside.name], dict):
                    row[beside.name] |= {"_hold": self.move.hold}

    def _converted(self, session: Session, page: Iterable[Row]) -> list[Converted]:
        rows = list(page)
        wanted = {
            (SOURCES[table], old)
            for row in rows
            for table, old in self.plan.references(row)
            if table in SOURCES
        }
        ids = moved_rows.by_target(moved_rows.ids(session, wanted), SOURCES)
        converted = []
        for row in rows:
            try:
                converted.append(self.plan.converted(row, ids))
            except Unfit as reason:
                self._refuse(row["id"], str(reason))
        return converted

    def _store_media(self, row: Converted) -> None:
        for target in self.plan.links:
            name = target.column.name
            url = row.values[name]
            if not url:
                continue
            row.values[name], problem = self.move.media.stored(url)
            if problem is not None:
                self.move.report.say(FILE, self.moved.source, row.old_id, problem, name)
            if row.values[name] is None and not target.column.nullable:
                row.values[name] = url

    def _write(self, session: Session, rows: Sequence[Converted], digests: Mapping[int, int]) -> None:
        moved, writer = self.moved, Writer(session, self.plan)
        known = moved_rows.known(session, moved.source, [row.old_id for row in rows])
        self.known += len(known)
        new = [row for row in rows if row.old_id not in known]
        if moved.singleton or moved.natural:
            new = self._overwrite(session, writer, new, digests)
        written = writer.insert(new)
        other = [
            (row, known[row.old_id].new_id)
            for row in rows
            if row.old_id in known
            and known[row.old_id].digest != digests[row.old_id]
            and not known[row.old_id].is_shared
        ]
        changed = writer.update(other)
        kept = [
            Known(old, new_id, digests[old], old in written.shared - written.overwrote)
            for old, new_id in written.ids.items()
        ]
        kept += [Known(old, new_id, digests[old]) for old, new_id in changed.ids.items()]
        moved_rows.keep(session, moved.source, kept)
        if moved.after is not None and (written.ids or changed.ids):
            moved.after(session, sorted({*written.ids.values(), *changed.ids.values()}))
        self._account(rows, known, written, changed)

    def _overwrite(
        self, session: Session, writer: Writer, rows: list[Converted], digests: Mapping[int, int]
    ) -> list[Converted]:
        """Rows that take the place of ones that are here; gives the others."""
        rest = []
        for row in rows:
            here = self._same(session, row)
            if here is None:
                rest.append(row)
                continue
            done = writer.update([(row, here)])
            for old, reason in done.refused.items():
                self._refuse(old, reason)
            if done.ids:
                moved_rows.keep(session, self.moved.source, [Known(row.old_id, here, digests[row.old_id])])
                self.counts.shared += 1
        return rest

    def _same(self, session: Session, row: Converted) -> int | None:
        table, natural = f'"{self.moved.target}"', self.moved.natural
        if self.moved.singleton:
            found = db.fetch(session, f"SELECT min(id) FROM {table}")  # noqa: S608 - name of a table
        else:
            same = f'SELECT min(id) FROM {table} WHERE "{natural}" = $1'  # noqa: S608 - names of columns
            found = db.fetch(session, same, [row.values[natural]])
        return found[0][0] if found else None

    def _account(
        self, rows: Sequence[Converted], known: Mapping[int, Known], written: Written, changed: Written
    ) -> None:
        counts = self.counts
        counts.came += len(written.ids) - len(written.shared)
        counts.shared += len(written.shared)
        counts.changed += len(changed.ids)
        counts.as_before += len(known) - len(changed.ids) - len(changed.refused)
        for refusals in (written.refused, changed.refused):
            for old, reason in refusals.items():
                self._refuse(old, reason)
        for row in rows:
            for name, note in row.notes:
                self.move.report.say(CHANGED, self.moved.source, row.old_id, note, name)

    def _refuse(self, old_id: int, reason: str) -> None:
        self.counts.refused += 1
        self.move.report.say(REFUSED, self.moved.source, old_id, reason)


def _said(row: Converted) -> str:
    """What the old row says, as text."""
    said = {name: value for name, value in row.values.items() if value is not None and name not in row.filled}
    return json.dumps(said, sort_keys=True, default=str)
