"""Bulk insert: pages of converted rows, each in few statements; what a constraint refuses is settled alone.

All constraints and triggers hold. A row goes in as JSON, which PostgreSQL takes apart by our table's types.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.db_errors import column, constraint, sqlstate
from chalicelib.jsonapi.http.retry import random_keys
from chalicelib.moving_in import capacity, unique_keys
from chalicelib.moving_in.conversion import Converted, Plan
from chalicelib.moving_in.storable import dumped
from chalicelib.moving_in.tables import Duplicate, Resolution, refuse
from chalicelib.resources.tickets.stock import TOO_FEW, TOO_MANY

_DATA_ERRORS: Final = ("22", "23")  # SQLSTATE classes: a value that does not fit, a constraint
_TAKEN: Final = "23505"
_ATTEMPTS: Final = 20


class Refused(Exception):
    """A row cannot be written; the text says why, without its content."""


@dataclass(slots=True)
class Written:
    """What became of a page: new ids by old id; old ids whose row was there, and those of them whose values
    it took; refusals.
    """

    ids: dict[int, int] = field(default_factory=dict)
    shared: set[int] = field(default_factory=set)
    overwrote: set[int] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)


class Writer:
    """Writes the rows of one plan in a session."""

    def __init__(self, session: Session, plan: Plan) -> None:
        self.session, self.plan = session, plan
        self.table = f'"{plan.table.name}"'

    def insert(self, rows: Sequence[Converted]) -> Written:
        """Insert rows that have not come yet."""
        done = Written()
        self._insert(list(rows), done)
        return done

    def update(self, rows: Sequence[tuple[Converted, int]]) -> Written:
        """Bring rows that have come, each with its id here, to what they say now."""
        done = Written()
        for row, new_id in rows:
            try:
                with db.savepoint(self.session):
                    self._update(row, new_id)
                done.ids[row.old_id] = new_id
            except DBAPIError as problem:
                done.refused[row.old_id] = f"its change cannot come: {_reason(problem)}"
        return done

    def _insert(self, rows: list[Converted], done: Written) -> None:
        if not rows:
            return
        names = list(self._object(rows[0]))
        listed = ", ".join(f'"{name}"' for name in names)
        sql = (
            f"INSERT INTO {self.table} ({listed}) SELECT {listed} "  # noqa: S608 - names of columns
            f"FROM json_populate_recordset(NULL::{self.table}, $1::json) ON CONFLICT DO NOTHING RETURNING id"
        )
        try:
            with db.savepoint(self.session):
                found = db.fetch(
                    self.session, sql, [dumped([_without_nulls(self._object(row)) for row in rows])]
                )
        except DBAPIError as problem:
            if not (sqlstate(problem) or "").startswith(_DATA_ERRORS):
                raise
            if len(rows) == 1:
                self._insert_alone(rows[0], done)
                return
            half = len(rows) // 2
            self._insert(rows[:half], done)
            self._insert(rows[half:], done)
            return
        if "id" in names:
            came = {row[0] for row in found}
            done.ids |= {row.old_id: row.old_id for row in rows if row.old_id in came}
        elif len(found) == len(rows):
            done.ids |= {row.old_id: new[0] for row, new in zip(rows, found, strict=True)}
        else:  # which of them were taken is not known: what has come goes, and each comes alone
            undo = f"DELETE FROM {self.table} WHERE id = ANY($1)"  # noqa: S608 - name of a table
            db.fetch(self.session, undo, [[row[0] for row in found]])
        for row in rows:
            if row.old_id not in done.ids:
                self._insert_alone(row, done)

    def _insert_alone(self, row: Converted, done: Written) -> None:
        """One row, and what its table says about duplicates."""
        values = self._object(row)
        for _attempt in range(_ATTEMPTS):
            try:
                with db.savepoint(self.session):
                    done.ids[row.old_id] = self._insert_object(values)
                return
            except DBAPIError as problem:
                if not (sqlstate(problem) or "").startswith(_DATA_ERRORS):
                    raise
                try:
                    shared = self._settle(row, values, problem, done)
                except Refused as refusal:
                    done.refused[row.old_id] = str(refusal)
                    return
                if shared is not None:
                    done.ids[row.old_id] = shared
                    done.shared.add(row.old_id)
                    return
        done.refused[row.old_id] = "its key is taken, and each that would follow"

    def _settle(
        self, row: Converted, values: dict[str, Any], problem: DBAPIError, done: Written
    ) -> int | None:
        """Change the values so that they fit, or give the id of the row that has its key. Raises Refused."""
        name = constraint(problem) or ""
        if name == TOO_MANY:
            capacity.grow(self.session, problem)
            row.notes.append(("ticket_id", "more was sold than there was: the number for sale was raised"))
            return None
        if sqlstate(problem) != _TAKEN:
            raise Refused(_reason(problem))
        if name == f"pk_{self.plan.table.name}":
            values["id"] = self._next_id()
            row.notes.append(("id", f"another row has this id here: it is {values['id']} now"))
            return None
        random: Any = random_keys(self.plan.table).get(name)
        if random is not None and random.name in row.filled:
            values[random.name] = random.default.arg(None)  # drawn again
            return None
        resolution = self.plan.moved.duplicates.get(name, refuse)
        if resolution.how is Duplicate.OVERWRITE:
            done.overwrote.add(row.old_id)
        return self._resolve(row, values, name, resolution)

    def _resolve(
        self, row: Converted, values: dict[str, Any], index: str, resolution: Resolution
    ) -> int | None:
        how, named = resolution.how, resolution.column
        if how is Duplicate.REFUSE:
            raise Refused(f"another row has its key ({index})")
        if how in (Duplicate.SHARE, Duplicate.OVERWRITE):
            shared = unique_keys.id_of(self.session, self.plan.table, index, values)
            if shared is None:
                raise Refused(f"another row has its key ({index})")
            if how is Duplicate.OVERWRITE:
                self._update(row, shared)
            row.notes[:] = [note for note in row.notes if note[0] != "id"]
            if shared != row.old_id:
                row.notes.append(("id", f"row {shared} stands for it too ({index})"))
            return shared
        if how is Duplicate.TRASH:
            values["deleted_at"] = clock.now()  # so that it stays in the trash for some time
            row.notes.append(("deleted_at", f"another row has its key ({index}): it comes deleted"))
        elif how is Duplicate.CLEAR:
            values[named] = None
            row.notes.append((named, f"another row has its key ({index}): this is left out"))
        else:
            number = int(values.get("_number") or 1) + 1
            values["_number"] = number
            values[named] = f"{row.values[named]} ({number})"
            row.notes.append((named, f"another row has its key ({index}): a number was added"))
        return None

    def _insert_object(self, values: dict[str, Any]) -> int:
        names = [name for name in values if name != "_number"]
        listed = ", ".join(f'"{name}"' for name in names)
        sql = (
            f"INSERT INTO {self.table} ({listed}) SELECT {listed} "  # noqa: S608 - names of columns
            f"FROM json_populate_record(NULL::{self.table}, $1::json) RETURNING id"
        )
        return int(db.fetch(self.session, sql, [dumped(values)])[0][0])

    def _update(self, row: Converted, new_id: int) -> None:
        ours = self.plan.moved.ours
        names = [name for name in row.values if name not in row.filled]
        if not names:
            return
        sets = ", ".join(
            f'"{name}" = CASE WHEN {ours[name]} THEN t."{name}" ELSE r."{name}" END'
            if name in ours
            else f'"{name}" = r."{name}"'
            for name in names
        )
        values = {name: row.values[name] for name in names}
        sql = (
            f"UPDATE {self.table} t SET {sets} "  # noqa: S608 - names of columns
            f"FROM json_populate_record(NULL::{self.table}, $1::json) r WHERE t.id = $2"
        )
        try:
            with db.savepoint(self.session):
                db.fetch(self.session, sql, [dumped(values), new_id])
        except DBAPIError as problem:
            grows = self.plan.moved.grows
            if constraint(problem) != TOO_FEW or grows not in row.values:
                raise
            row.values[grows] = capacity.taken(self.session, self.plan.table.name, new_id)
            self._update(row, new_id)

    def _next_id(self) -> int:
        sql = "SELECT nextval(pg_get_serial_sequence($1, 'id'))"
        return int(db.fetch(self.session, sql, [self.table])[0][0])

    def _object(self, row: Converted) -> dict[str, Any]:
        if not self.plan.moved.keeps_ids:
            return dict(row.values)
        return {"id": row.old_id, **row.values}


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _reason(problem: DBAPIError) -> str:
    """What the database has refused, without values of the row."""
    name, named = constraint(problem), column(problem)
    if name:
        return f"it violates {name}"
    if named:
        return f"{named} is missing"
    return f"a value does not fit (SQLSTATE {sqlstate(problem)})"
